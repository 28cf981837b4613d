import NIOCore
import Sessions
import SyncProtocol

/// What a page is told of the session that its browser is in.
struct WebEvent: Sendable {
  /// The first event: everything that later ones change.
  struct State: Encodable, Sendable {
    let session: String
    let isGuest: Bool
    let privileges: [String]
    /// Of the storage.
    let revision: UInt64
  }

  private struct Storage: Encodable {
    let revision: UInt64
  }

  private struct Privileges: Encodable {
    let isGuest: Bool
    let privileges: [String]
  }

  private struct Nothing: Encodable {}

  /// A sign of life, which no script sees.
  static let heartbeat = ":\n\n"

  private let name: String
  private let data: String

  static func ready(_ state: State) -> WebEvent { WebEvent("ready", state) }

  static func storage(_ state: State) -> WebEvent {
    WebEvent("storage", Storage(revision: state.revision))
  }

  static func privileges(_ state: State) -> WebEvent {
    WebEvent("privileges", Privileges(isGuest: state.isGuest, privileges: state.privileges))
  }

  /// The last one: the browser is in the session no more.
  static let ended = WebEvent("ended", Nothing())

  private init(_ name: String, _ value: some Encodable) {
    self.name = name
    // What is encoded here are strings, numbers and truth values, which always are.
    data = (try? WireJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// The event with its number; browsers come again with the last one that they have seen.
  func text(_ number: Int) -> String { "id: \(number)\nevent: \(name)\ndata: \(data)\n\n" }
}

extension OpenSessions {
  /// What a page is told of its session now.
  func state(for visitor: WebVisitor) throws(SessionRefusal) -> WebEvent.State {
    let (id, caller) = (visitor.visit.session, visitor.caller)
    return WebEvent.State(
      session: id.text,
      isGuest: try isGuest(id, for: caller),
      privileges: try privileges(of: id, for: caller),
      revision: try storage(of: id, for: caller).revision
    )
  }
}
