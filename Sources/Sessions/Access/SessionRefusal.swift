/// Why something was not done to a session; nothing has changed then.
package enum SessionRefusal: Error, Hashable, Sendable {
  /// There is none with this id, or the caller may not know of it.
  case unknownSession
  case unknownProcess
  /// The process ends in another way.
  case notAScript
  case serverSideOnly(SessionMember)
  case notAvailable(SessionMember, SessionKind)
  /// The project has no readable `roles.json`.
  case rolesClosed
  /// All seats are taken.
  case noSeat
  case tooManySessions
  case tooManyProcesses
  /// The storage has another revision than the caller knew.
  case revisionMismatch(current: UInt64)
  /// Another process uses the storage.
  case inUse
  /// The caller's lease is over, or never was.
  case leaseOver
  case tooManyWaiting
  case storageNotAnObject
  case storageTooLarge(limit: Int)
  case storageTooDeep(limit: Int)
  /// The storages of all sessions together are as large as they may be.
  case storagesFull
  case leaseTime(longest: Duration)
  case tooManyPasscodes
  case passcodeLife(longest: Int)
  /// Too many passcodes from this address were wrong.
  case tooManyAttempts(wait: Duration)

  /// One sentence for the person who will read it.
  package var text: String {
    switch self {
    case .unknownSession: "There is no such session."
    case .unknownProcess: "The session has no such process."
    case .notAScript:
      "This process is no script: a client's connection ends with its client, a browser's with its "
        + "cookie, a stream and a hook by themselves."
    case .serverSideOnly(let member):
      "Only callers on the server's own machine may use \(member.rawValue)."
    case .notAvailable(let member, let kind):
      "A session of the type \(kind.rawValue) has no \(member.rawValue)."
    case .rolesClosed: "The project has no readable roles.json, so that nobody can have privileges."
    case .noSeat: "All seats of this server are taken; try again when somebody has left."
    case .tooManySessions: "This server has as many sessions as it takes; try again later."
    case .tooManyProcesses: "The session has as many processes as it may have; end one."
    case .revisionMismatch(let current):
      "The storage has changed: its revision is \(current). Read it and try again."
    case .inUse: "Another process uses the storage; try again, or wait with a lease of your own."
    case .leaseOver: "The lease on the storage is over; take a new one and read the storage again."
    case .tooManyWaiting: "Too many processes wait for the storage; try again later."
    case .storageNotAnObject: "A storage is a JSON object, and so is a patch of it."
    case .storageTooLarge(let limit): "A storage has at most \(limit) bytes of JSON."
    case .storageTooDeep(let limit): "A storage is nested at most \(limit) deep."
    case .storagesFull:
      "The storages of all sessions together are as large as they may be; try again later."
    case .leaseTime(let longest): "A lease is longer than nothing and at most \(longest) long."
    case .tooManyPasscodes:
      "The session has as many open passcodes as it may have; wait until one is used or over."
    case .passcodeLife(let longest): "A passcode lives 1 to \(longest) seconds."
    case .tooManyAttempts: "Too many wrong passcodes came from this address; try again later."
    }
  }
}
