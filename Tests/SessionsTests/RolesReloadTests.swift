import Foundation
import ProjectModel
import Sessions
import Synchronization
import Testing

/// What others can do while a long `roles.json` is read.
@Suite(.timeLimit(.minutes(3))) struct RolesReloadTests {
  /// A reload on a thread of its own.
  private final class Reload: Sendable {
    private let duration = Mutex<Duration?>(nil)

    /// How long it has taken; `nil` while it is under way.
    var time: Duration? { duration.withLock { $0 } }

    init(of file: [UInt8], in sessions: OpenSessions) {
      let hasBegun = DispatchSemaphore(value: 0)
      Thread {
        hasBegun.signal()
        let time = ContinuousClock().measure { sessions.readRoles(file) }
        self.duration.withLock { $0 = time }
      }.start()
      hasBegun.wait()
    }
  }

  private static let clients = 20

  /// Everything has to be looked at where `forceLogin` is another; it changes nothing for clients.
  private static func file(isLate: Bool) -> [UInt8] {
    let privileges = ((0..<clients).map { "p\($0)" } + (isLate ? [] : ["early"])).map {
      "{\"privilege\": \"\($0)\"}"
    }
    let attributes = (0..<300).map { number in
      "{\"applyTo\": \"Books.a\(number)\", \"type\": \"attribute\", \"read\": [\"p\(number % clients)\"]}"
    }
    let text = """
      {"privileges": [\(privileges.joined(separator: ","))],
       "permissions": {"allowed": [\(attributes.joined(separator: ","))]}, "forceLogin": \(isLate)}
      """
    return Array(text.utf8)
  }

  @Test func theOthersGoOnAndNobodyIsMissed() throws {
    let bench = Bench()
    let sessions = bench.sessions
    sessions.readRoles(Self.file(isLate: false))
    for number in 0..<Self.clients {
      let order = PrivilegeOrder(privileges: ["p\(number)"])
      try sessions.setPrivileges(order, of: try bench.client().id, for: .server)
    }
    // More than once: the machine may let the threads wait, too. Who waits for the reload itself does
    // so every time.
    for _ in 1...60 {
      sessions.readRoles(Self.file(isLate: false))
      let told = bench.events.all.count
      var early: [(session: SessionID, cookie: String)] = []
      var longest = Duration.zero
      let reload = Reload(of: Self.file(isLate: true), in: sessions)
      while reload.time == nil {
        let begin = ContinuousClock.now
        let isEarly = sessions.roles.roles.declares(privilege: "early")
        longest = max(longest, .now - begin)
        if isEarly, early.count < 20, let newcomer = try newcomer(in: sessions) {
          early.append(newcomer)
        }
      }
      let events = bench.events.all.dropFirst(told)
      for (session, cookie) in early {
        #expect(sessions.visit(cookie)?.needsFreshCookie == true)
        #expect(events.count { $0 == .privilegesChanged(session) } == 2)
      }
      if let time = reload.time, longest < time / 3, !early.isEmpty { return }
    }
    Issue.record("A reload lets nobody else do anything.")
  }

  /// A browser that has got a privilege, and the cookie for it, before the new roles are in force.
  private func newcomer(
    in sessions: OpenSessions
  ) throws -> (session: SessionID, cookie: String)? {
    let web = try sessions.openWeb(address: "a")
    let order = PrivilegeOrder(privileges: ["early"])
    try sessions.setPrivileges(order, of: web.visit.session, for: .server)
    let (cookie, _) = try #require(sessions.renew(web.cookie))
    let isEarly = sessions.roles.roles.declares(privilege: "early")
    return isEarly ? (web.visit.session, cookie) : nil
  }
}
