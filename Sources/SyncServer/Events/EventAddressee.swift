import Sessions

/// Who hears a stream, or asks for its events again and again: what is for one client alone is held
/// against it.
struct EventAddressee: Hashable, Sendable {
  /// The client's name: its session, or a name of its stream's own.
  let client: String?
  /// The session of which it is a process, without being its client.
  let subject: SessionID?
  private let subjectName: String?
  private let topics: TopicFilter

  init(client: String?, subject: SessionID?, topics: TopicFilter = .all) {
    self.client = client
    self.topics = topics
    self.subject = subject
    subjectName = subject?.text
  }

  func hears(_ recipient: String) -> Bool { recipient == client || recipient == subjectName }

  /// Whether an event is for it, or for everybody, and of a kind that it wants.
  func takes(_ frame: EventFrame) -> Bool {
    (frame.kind.isEmpty || topics.contains(frame.kind)) && frame.recipient.map(hears) ?? true
  }
}
