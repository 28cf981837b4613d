import Sessions

/// How many sessions there are, and what became of passcodes.
struct SessionFigures: Sendable {
  let clients: Int
  let web: Int
  /// Of the web sessions.
  let guests: Int
  let seats: Int
  /// Processes that wait for a storage.
  let waiting: Int
  let passcodes: PasscodeFigures

  init(_ sessions: OpenSessions) {
    clients = sessions.count
    web = sessions.count(.web)
    guests = sessions.guests
    seats = sessions.seatsTaken
    waiting = sessions.waiting
    passcodes = sessions.passcodeFigures
  }
}
