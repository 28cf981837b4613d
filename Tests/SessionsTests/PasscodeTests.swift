import ProjectModel
import Sessions
import Synchronization
import Testing

@Suite struct PasscodeTests {
  /// Keeps what the store is given, as a thief of it would.
  private final class Copying: PasscodeStore {
    let inner = EmbeddedPasscodes()
    private let seen = Mutex<[Digest]>([])
    var hashes: [Digest] { seen.withLock { $0 } }

    func put(
      _ hash: Digest,
      _ passcode: Passcode,
      most: Int,
      at now: ContinuousClock.Instant,
      _ wall: WallTime
    ) -> Bool {
      seen.withLock { $0.append(hash) }
      return inner.put(hash, passcode, most: most, at: now, wall)
    }

    func take(_ hash: Digest, where isGood: (Passcode) -> Bool) -> Passcode? {
      inner.take(hash, where: isGood)
    }

    func has(_ hash: Digest) -> Bool { inner.has(hash) }
    func forget(_ sessions: [SessionID]) { inner.forget(sessions) }
  }

  @Test func aBrowserJoinsTheDesktopSession() async throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    try sessions.setPrivileges(PrivilegeOrder(privileges: ["viewProducts"]), of: id, for: .server)
    try sessions.patchStorage(of: id, with: try bench.json(#"{"cart":1}"#), for: .server)
    let guest = try sessions.openWeb(address: "10.0.0.9")
    let passcode = try await sessions.createOTP(of: id, for: .server)
    #expect(passcode.utf8.count == 32)

    let joined = try #require(
      try await sessions.redeem(passcode, cookie: guest.cookie, address: "10.0.0.9")
    )
    #expect(joined.visit.session == id && joined.visit.kind == .remote)
    #expect(joined.cookie != guest.cookie && joined.cookie != passcode)
    #expect(sessions.visit(joined.cookie) == joined.visit)
    // The old cookie leads nowhere, and the empty guest behind it is gone.
    #expect(sessions.visit(guest.cookie) == nil)
    #expect(sessions.count(.web) == 0)
    let page = SessionCaller.web(joined.visit.session)
    #expect(try sessions.storage(of: id, for: page).value["cart"] == .integer(1))
    #expect(try sessions.hasPrivilege("viewProducts", of: id, for: page))
    #expect(try !sessions.isGuest(id, for: page))

    // The same one again: a guest stays what it is.
    let other = try sessions.openWeb(address: "10.0.0.8")
    #expect(try await sessions.redeem(passcode, cookie: other.cookie, address: "10.0.0.8") == nil)
    #expect(sessions.visit(other.cookie) == other.visit)
  }

  /// From as many addresses, and from one, where most are told to wait.
  @Test(arguments: [1000, 1]) func oneOfAThousandWins(addresses: Int) async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    for round in 0..<3 {
      let passcode = try await sessions.createOTP(of: id, for: .server)
      let winners = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<1000 {
          group.addTask {
            let address = "\(round) \(number % addresses)"
            let joined = try? await sessions.redeem(passcode, cookie: nil, address: address)
            return joined != nil
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(winners == 1)
    }
  }

  @Test(arguments: [(nil, 10), (1, 1), (60, 60)] as [(Int?, Int)])
  func aDesktopPasscodeLives(life: Int?, seconds: Int) async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    sessions.useBegan(id)
    let (early, late) = (
      try await sessions.createOTP(of: id, life: life, for: .server),
      try await sessions.createOTP(of: id, life: life, for: .server)
    )
    bench.clock.advance(.seconds(seconds) - .milliseconds(1))
    #expect(try await sessions.redeem(early, cookie: nil, address: "a") != nil)
    bench.clock.advance(.milliseconds(1))
    #expect(try await sessions.redeem(late, cookie: nil, address: "a") == nil)
  }

  @Test func aWebPasscodeLivesAsLongAsItsSessionIdles() async throws {
    let bench = Bench()
    let sessions = bench.sessions
    let web = try sessions.openWeb(address: "a")
    let id = web.visit.session
    try sessions.setIdleTimeout(120, of: id, for: .server)
    let passcode = try await sessions.createOTP(of: id, for: .server)
    bench.clock.advance(.seconds(100 * 60))
    #expect(sessions.visit(web.cookie) != nil)
    bench.clock.advance(.seconds(19 * 60))
    let other = try #require(try await sessions.redeem(passcode, cookie: nil, address: "b"))
    // Two devices in one session.
    #expect(other.visit.session == id)
    #expect(sessions.visit(web.cookie)?.session == id)
  }

  @Test(arguments: [0, -1, 172_801]) func aLifeHasBounds(seconds: Int) async throws {
    let bench = Bench()
    let id = try bench.client().id
    await #expect(throws: SessionRefusal.passcodeLife(longest: 172_800)) {
      try await bench.sessions.createOTP(of: id, life: seconds, for: .server)
    }
  }

  @Test func aPasscodeDiesWithItsSession() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let passcodes = try await [
      sessions.createOTP(of: id, life: 3600, for: .server),
      sessions.createOTP(of: id, life: 3600, for: .server),
    ]
    // Its time is over, and nobody has swept yet.
    bench.clock.advance(.seconds(90))
    #expect(try await sessions.redeem(passcodes[0], cookie: nil, address: "a") == nil)
    #expect(sessions.expire().map(\.id) == [id])
    #expect(try await sessions.redeem(passcodes[1], cookie: nil, address: "a") == nil)
  }

  /// Lets nothing go, as a store on a full disk.
  private final class Full: PasscodeStore {
    struct Failure: Error {}
    let inner = EmbeddedPasscodes()
    let isFull = Mutex(true)

    init() {}

    func put(
      _ hash: Digest,
      _ passcode: Passcode,
      most: Int,
      at now: ContinuousClock.Instant,
      _ wall: WallTime
    ) -> Bool { inner.put(hash, passcode, most: most, at: now, wall) }

    func take(_ hash: Digest, where isGood: (Passcode) -> Bool) throws -> Passcode? {
      if isFull.withLock(\.self) { throw Failure() }
      return inner.take(hash, where: isGood)
    }

    func has(_ hash: Digest) -> Bool { inner.has(hash) }
    func forget(_ sessions: [SessionID]) { inner.forget(sessions) }
  }

  @Test func whatAStoreCannotLetGoOfIsRefusedAndStaysGood() async throws {
    let store = Full()
    let bench = Bench(passcodes: store)
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let passcode = try await sessions.createOTP(of: id, for: .server)
    #expect(try await sessions.redeem(passcode, cookie: nil, address: "a") == nil)
    #expect(sessions.passcodeFigures.refused == 1)
    store.isFull.withLock { $0 = false }
    #expect(try await sessions.redeem(passcode, cookie: nil, address: "a") != nil)
  }

  @Test func theStoreNeverSeesAPasscode() async throws {
    let store = Copying()
    let bench = Bench(passcodes: store)
    let id = try bench.client().id
    let passcode = try await bench.sessions.createOTP(of: id, for: .server)
    #expect(store.hashes == [Bench.hash(Array(passcode.utf8))])
    // Written in the other case it is the same one.
    let text = passcode.lowercased()
    #expect(try await bench.sessions.redeem(text, cookie: nil, address: "a") != nil)
  }

  @Test func aSessionHasSixteenOpenOnes() async throws {
    let store = EmbeddedPasscodes()
    let bench = Bench(passcodes: store)
    let (sessions, id) = (bench.sessions, try bench.client().id)
    sessions.useBegan(id)
    for _ in 0..<16 { _ = try await sessions.createOTP(of: id, for: .server) }
    await #expect(throws: SessionRefusal.tooManyPasscodes) {
      try await sessions.createOTP(of: id, for: .server)
    }
    bench.clock.advance(.seconds(10))
    _ = try await sessions.createOTP(of: id, for: .server)
    #expect(store.count == 1)
    try await sessions.keep()
    _ = sessions.close(id)
    try await sessions.keep()
    #expect(store.count == 0)
  }

  @Test func whoGuessesWaits() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    sessions.useBegan(id)
    let passcode = try await sessions.createOTP(of: id, life: 600, for: .server)
    for text in ["", "x", String(repeating: "0", count: 32), String(repeating: "Ä", count: 5000)] {
      #expect(try await sessions.redeem(text, cookie: nil, address: "bad") == nil)
    }
    for _ in 0..<6 { #expect(try await sessions.redeem("y", cookie: nil, address: "bad") == nil) }
    await #expect(throws: SessionRefusal.tooManyAttempts(wait: .seconds(60))) {
      try await sessions.redeem("z", cookie: nil, address: "bad")
    }
    // Others behind the same address have good ones.
    #expect(try await sessions.redeem(passcode, cookie: nil, address: "bad") != nil)
  }

  @Test func aClientOf21R3MakesOnesForItsServerSide() async throws {
    let bench = Bench(.v21R3)
    let (sessions, id) = (bench.sessions, try bench.client().id)
    try sessions.patchStorage(of: id, with: try bench.json(#"{"side":"server"}"#), for: .server)
    try sessions.patchStorage(of: id, with: try bench.json(#"{"side":"client"}"#), for: .remote(id))
    let passcode = try await sessions.createOTP(of: id, for: .remote(id))
    let joined = try #require(try await sessions.redeem(passcode, cookie: nil, address: "a"))
    let seen = try sessions.storage(of: id, for: .web(joined.visit.session))
    #expect(seen.value["side"] == .string("server"))
  }

  @Test func theVirtualSessionMakesNone() async throws {
    let bench = Bench()
    let id = bench.sessions.storedProcedures
    await #expect(throws: SessionRefusal.notAvailable(.createOTP, .storedProcedure)) {
      try await bench.sessions.createOTP(of: id, for: .server)
    }
  }
}
