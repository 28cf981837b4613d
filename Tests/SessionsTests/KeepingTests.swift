import ProjectModel
import Sessions
import Testing

@Suite struct KeepingTests {
  @Test func keptSessionsComeBack() async throws {
    let store = MemoryStore()
    let before = Bench(store: store)
    before.readRoles()
    let (ann, token) = try before.client()
    let (bob, _) = try before.client("bob")
    let gone = try before.client("gone").id
    let web = try before.sessions.openWeb(address: "a")
    let order = PrivilegeOrder(roles: ["staff"])
    try before.sessions.setPrivileges(order, of: ann, for: .server)
    try before.sessions.patchStorage(of: ann, with: try before.json(#"{"a":1}"#), for: .server)
    try before.sessions.setIdleTimeout(90, of: web.visit.session, for: .server)
    try await before.sessions.keep()
    _ = before.sessions.close(gone)
    try before.sessions.fallAsleep(bob)
    try await before.sessions.keep()

    let after = Bench(seed: 99, store: store)
    after.readRoles()
    after.clock.advance(.seconds(5399))
    #expect(Set(try await after.sessions.resume().map(\.session.id)) == [ann, bob])
    #expect(after.sessions.touch(Bench.hash(Array(token.utf8)))?.id == ann)
    #expect(try after.sessions.privileges(of: ann, for: .server) == ["simple", "Medium"])
    let storage = try after.sessions.storage(of: ann, for: .server)
    #expect(storage.revision == 1 && storage.value["a"] == .integer(1))
    #expect(try after.sessions.idleTimeout(of: web.visit.session, for: .server) == 90)
    #expect(after.sessions.visit(web.cookie)?.session == web.visit.session)
    #expect(try after.sessions.info(of: bob, for: .server).state == "sleeping")
    // What is left of the sleep, and no more.
    after.clock.advance(.seconds(172_800 - 5400))
    #expect(try after.sessions.info(of: bob, for: .server).state == "sleeping")
    after.clock.advance(.seconds(1))
    #expect(throws: SessionRefusal.unknownSession) {
      try after.sessions.info(of: bob, for: .server)
    }
  }

  @Test func aClientHasItsGraceTimeAnewAndABrowserHasNot() async throws {
    let store = MemoryStore()
    let before = Bench(store: store)
    let ann = try before.client().id
    let web = try before.sessions.openWeb(address: "a")
    try await before.sessions.keepAll()

    let after = Bench(seed: 99, store: store)
    after.clock.advance(.seconds(3600))
    _ = try await after.sessions.resume()
    #expect(after.sessions.visit(web.cookie) == nil)
    #expect(throws: SessionRefusal.unknownSession) {
      try after.sessions.info(of: web.visit.session, for: .server)
    }
    // Its end is told like any other, once.
    #expect(after.sessions.expire().map(\.id) == [web.visit.session])
    after.clock.advance(.seconds(89))
    #expect(after.sessions.expire() == [])
    after.clock.advance(.seconds(1))
    #expect(after.sessions.expire().map(\.id) == [ann])
    #expect(after.sessions.expire() == [])
    try await after.sessions.keep()
    #expect(await store.records.isEmpty)
  }

  @Test func aBrowsersLastRequestIsKept() async throws {
    let store = MemoryStore()
    let before = Bench(store: store)
    let web = try before.sessions.openWeb(address: "a")
    try await before.sessions.keep()
    for _ in 0..<59 {
      before.clock.advance(.seconds(1))
      _ = before.sessions.visit(web.cookie)
    }
    try await before.sessions.keep()
    // Not each request is a write.
    #expect(await store.saves == 1)
    before.clock.advance(.seconds(1))
    _ = before.sessions.visit(web.cookie)
    try await before.sessions.keep()
    let kept = await store.records[web.visit.session]?.lastUse
    #expect(kept?.text == "2026-01-02T03:05:05.006Z")
    before.clock.advance(.seconds(9))
    _ = before.sessions.visit(web.cookie)
    before.clock.advance(.seconds(1))
    try await before.sessions.keepAll()
    let last = await store.records[web.visit.session]?.lastUse
    #expect(last?.text == "2026-01-02T03:05:14.006Z")
  }

  @Test func processesEndWithTheServerAndTheirNumbersDoNotReturn() async throws {
    let store = MemoryStore()
    let before = Bench(store: store)
    let (id, _) = try before.client()
    let web = try await before.sessions.redeem(
      try await before.sessions.createOTP(of: id, for: .server),
      cookie: nil,
      address: "a"
    )
    let design = try before.sessions.beginProcess(of: id, .client, name: "Design")
    before.sessions.accept(ProcessReference(session: id, number: 1))
    before.sessions.accept(design)
    _ = try await before.sessions.useStorage(of: id, by: design, for: .server)
    try await before.sessions.keep()

    let after = Bench(seed: 99, store: store)
    let resumed = try await after.sessions.resume()
    #expect(resumed.map(\.accepted) == [[1, design.number]])
    let processes = after.sessions.processes(of: id)
    #expect(processes.map(\.kind) == [.client, .web])
    #expect(processes.map(\.number) == [1, design.number + 1])
    #expect(after.sessions.visit(try #require(web).cookie)?.session == id)
    // The lease is gone.
    try after.sessions.patchStorage(of: id, with: try after.json(#"{"a":1}"#), for: .server)
    try await after.sessions.keep()
    #expect(await store.records[id]?.accepted == [1, design.number])
    #expect(!after.sessions.endProcess(design))
    try await after.sessions.keep()
    // A third server does not hear of the connection again.
    #expect(await store.records[id]?.accepted == [1])
  }

  @Test func whoHasLeftDoesNotComeBack() async throws {
    let store = MemoryStore()
    let before = Bench(store: store)
    let (id, _) = try before.client()
    let passcode = try await before.sessions.createOTP(of: id, for: .server)
    let web = try #require(
      try await before.sessions.redeem(passcode, cookie: nil, address: "a")
    )
    try await before.sessions.keep()
    #expect(await store.records[id]?.cookies.count == 1)
    before.sessions.leaveWeb(web.cookie)
    try await before.sessions.keep()
    let after = Bench(seed: 99, store: store)
    _ = try await after.sessions.resume()
    #expect(after.sessions.visit(web.cookie) == nil)
  }

  @Test func aStaleCookieStaysStale() async throws {
    let store = MemoryStore()
    let before = Bench(store: store)
    before.readRoles()
    let web = try before.sessions.openWeb(address: "a")
    try before.sessions.setPrivileges(PrivilegeOrder(), of: web.visit.session, for: .server)
    try await before.sessions.keep()
    let after = Bench(seed: 99, store: store)
    _ = try await after.sessions.resume()
    #expect(after.sessions.visit(web.cookie)?.needsFreshCookie == true)
  }

  @Test func aFullStoreIsToldLater() async throws {
    let store = MemoryStore()
    let bench = Bench(store: store)
    let (ann, bob) = (try bench.client().id, try bench.client("bob").id)
    await store.fill(true)
    await #expect(throws: MemoryStore.Full.self) { try await bench.sessions.keep() }
    _ = bench.sessions.close(bob)
    await store.fill(false)
    try await bench.sessions.keep()
    #expect(await Array(store.records.keys) == [ann])
    try await bench.sessions.keep()
    #expect(await store.saves == 1)
  }

  @Test func thousandsAreKeptInPieces() async throws {
    let store = MemoryStore()
    let bench = Bench(store: store)
    for number in 0..<1200 { _ = try bench.client("user\(number)") }
    try await bench.sessions.keep()
    #expect(await store.records.count == 1200)
    #expect(await store.saves == 3)
  }

  @Test func theKeeperIsCalledOnceForManyChanges() async throws {
    let store = MemoryStore()
    let bench = Bench(store: store)
    var calls = bench.sessions.changesToKeep.makeAsyncIterator()
    for _ in 0..<3 { _ = try bench.client() }
    await calls.next()
    try await bench.sessions.keep()
    let id = try bench.client("last").id
    await calls.next()
    try await bench.sessions.keep()
    #expect(await store.records[id] != nil)
  }

  @Test func theServersOwnAreNotKept() async throws {
    let store = MemoryStore()
    let bench = Bench(store: store)
    _ = bench.sessions.openStandalone(
      ServerIdentity(userName: "designer", machineName: "m", systemUserName: "s")
    )
    try bench.sessions.patchStorage(
      of: bench.sessions.storedProcedures,
      with: try bench.json(#"{"a":1}"#),
      for: .server
    )
    try await bench.sessions.keepAll()
    #expect(await store.records.isEmpty)
  }
}
