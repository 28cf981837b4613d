import ProjectModel
import Sessions
import Synchronization

/// Bits that repeat from run to run.
final class SeededBits: RandomSource {
  private let state: Mutex<UInt64>

  init(_ seed: UInt64 = 1) { state = Mutex(seed) }

  func bits() -> RandomBits {
    state.withLock { state in
      func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
      }
      return RandomBits(high: next(), low: next())
    }
  }
}

/// Notes the events.
final class Events: SessionListener {
  private let state = Mutex<[SessionEvent]>([])

  var all: [SessionEvent] { state.withLock { $0 } }

  func sessionChanged(_ event: SessionEvent) { state.withLock { $0.append(event) } }
}

/// Open sessions with a clock, bits and a listener that the test holds.
struct Bench {
  let clock = TestClock()
  let events = Events()
  let random: SeededBits
  let sessions: OpenSessions

  init(
    _ semantics: SessionSemantics = .v21,
    limits: SessionLimits = SessionLimits(),
    seed: UInt64 = 1,
    store: (any SessionStore)? = nil,
    passcodes: any PasscodeStore = EmbeddedPasscodes()
  ) {
    random = SeededBits(seed)
    sessions = OpenSessions(
      semantics: semantics,
      limits: limits,
      server: ServerIdentity(userName: "builder", machineName: "srv", systemUserName: "builder"),
      hash: Self.hash,
      clock: clock,
      random: random,
      store: store,
      passcodes: passcodes,
      listener: events
    )
  }

  /// Stands in for SHA-256: different for different texts of a test, and unlike them.
  static func hash(_ bytes: [UInt8]) -> Digest {
    var words: [UInt64] = [14_695_981_039_346_656_037, 1, 2, 3]
    for (index, byte) in bytes.enumerated() {
      words[index % 4] = (words[index % 4] ^ UInt64(byte)) &* 1_099_511_628_211
      words[(index + 1) % 4] ^= words[index % 4] >> 7
    }
    return Digest(words: (words[0], words[1], words[2], words[3]))
  }

  func client(
    _ name: String = "ann",
    isDeveloper: Bool = false
  ) throws -> (id: SessionID, token: String) {
    let session = OpenSession(
      id: sessions.newID(),
      userName: name,
      machineName: "desk",
      systemUserName: "ann.smith",
      since: clock.wall.text,
      isDeveloper: isDeveloper,
      address: "10.0.0.7",
      hostType: "mac",
      persistentID: "8FFDAE519F1F4DCDB81E8E8DB00AD101"
    )
    return (session.id, try sessions.open(session))
  }

  static let roles = #"""
    {"privileges": [
       {"privilege": "simple", "includes": []},
       {"privilege": "Medium", "includes": ["simple"]},
       {"privilege": "viewProducts", "includes": []}],
     "roles": [{"role": "Staff", "privileges": ["medium"]}],
     "permissions": {"allowed": [
       {"applyTo": "Products", "type": "dataclass", "read": ["viewProducts"]}]},
     "forceLogin": true}
    """#

  func readRoles(_ text: String = Bench.roles) { sessions.readRoles(Array(text.utf8)) }

  func json(_ text: String) throws -> JSONValue { try JSONValue(reading: Array(text.utf8)) }
}
