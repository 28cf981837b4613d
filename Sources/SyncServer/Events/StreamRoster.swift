import ProjectHost
import Sessions
import SyncProtocol
import Synchronization

/// Who has an event stream open, and whether new clients are let in: for those who run the server.
///
/// Event loops write it when a stream begins and ends, and routes read it.
final class StreamRoster: Sendable {
  struct Entry: Sendable {
    /// The name of the stream's client: its session, or a name of its own.
    let client: String
    let session: SessionID?
    let connection: ClientConnection
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var next = 1
    var acceptsNew = true
  }

  private let state = Mutex(State())
  private let audience: Audience

  init(audience: Audience) { self.audience = audience }

  var count: Int { state.withLock { $0.entries.count } }

  var entries: [Entry] { state.withLock { $0.entries.sorted { $0.key < $1.key }.map(\.value) } }

  var acceptsNew: Bool {
    get { state.withLock { $0.acceptsNew } }
    set { state.withLock { $0.acceptsNew = newValue } }
  }

  /// Notes a stream that begins.
  ///
  /// - Returns: its number, which takes it out again, and the name of its client.
  func add(_ session: SessionID?, _ connection: ClientConnection) -> (number: Int, client: String) {
    audience.enter()
    return state.withLock { state in
      let number = state.next
      state.next += 1
      let client = session?.text ?? "stream-\(number)"
      state.entries[number] = Entry(client: client, session: session, connection: connection)
      return (number, client)
    }
  }

  func remove(_ number: Int) {
    if state.withLock({ $0.entries.removeValue(forKey: number) }) != nil { audience.leave() }
  }
}
