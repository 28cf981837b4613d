import ProjectModel
import Sessions
import Testing

@Suite struct LifetimeTests {
  @Test func infoSaysEverything() throws {
    let bench = Bench()
    let id = try bench.client().id
    let info = try bench.sessions.info(of: id, for: .remote(id))
    #expect(info.type == "remote" && info.userName == "ann" && info.machineName == "desk")
    #expect(info.systemUserName == "ann.smith" && info.address == "10.0.0.7")
    #expect(info.hostType == "mac" && info.state == "active" && info.id == id.text)
    #expect(info.creationDateTime == "2026-01-02T03:04:05.006Z")
    #expect(info.persistentID == "8FFDAE519F1F4DCDB81E8E8DB00AD101")
    #expect(info.unreachableSince == nil)
    let virtual = try bench.sessions.info(of: bench.sessions.storedProcedures, for: .server)
    #expect(virtual.type == "storedProcedure" && virtual.machineName == "srv")
    #expect(virtual.userName == "builder" && virtual.persistentID == nil)
    let alone = bench.sessions.openStandalone(
      ServerIdentity(userName: "designer", machineName: "m", systemUserName: "s")
    )
    #expect(try bench.sessions.info(of: alone, for: .server).address == "localhost")
    let web = try bench.sessions.openWeb(address: "10.0.0.9").visit.session
    #expect(try bench.sessions.info(of: web, for: .server).hostType == nil)
    let newer = Bench(.v21R3)
    let page = try newer.sessions.openWeb(address: "10.0.0.9").visit.session
    #expect(try newer.sessions.info(of: page, for: .server).hostType == "browser")
  }

  @Test func aLostClientIsPostponedAndThenOver() throws {
    let bench = Bench()
    let (sessions, clock) = (bench.sessions, bench.clock)
    let (id, token) = try bench.client()
    sessions.useBegan(id)
    clock.advance(.seconds(10_000))
    #expect(try sessions.info(of: id, for: .server).state == "active")
    sessions.useEnded(id)
    clock.advance(.seconds(19))
    #expect(try sessions.info(of: id, for: .server).unreachableSince == nil)
    clock.advance(.seconds(1))
    let info = try sessions.info(of: id, for: .server)
    #expect(info.state == "postponed" && info.unreachableSince == 20)
    #expect(sessions.touch(Bench.hash(Array(token.utf8)))?.id == id)
    let back = try sessions.info(of: id, for: .server)
    #expect(back.state == "active" && back.unreachableSince == nil)
    clock.advance(.seconds(90))
    #expect(throws: SessionRefusal.unknownSession) { try sessions.info(of: id, for: .server) }
    #expect(sessions.touch(Bench.hash(Array(token.utf8))) == nil)
    #expect(sessions.expire().map(\.id) == [id])
    #expect(sessions.expire() == [])
  }

  @Test func aSleepingClientKeepsItsSessionForTwoDays() throws {
    let bench = Bench()
    let (sessions, clock) = (bench.sessions, bench.clock)
    let (id, token) = try bench.client()
    try sessions.fallAsleep(id)
    clock.advance(.seconds(172_799))
    #expect(sessions.expire() == [])
    #expect(try sessions.info(of: id, for: .server).state == "sleeping")
    #expect(sessions.touch(Bench.hash(Array(token.utf8)))?.id == id)
    #expect(try sessions.info(of: id, for: .server).state == "active")
    clock.advance(.seconds(90))
    #expect(sessions.expire().map(\.id) == [id])
    let other = try bench.client("bob").id
    try sessions.fallAsleep(other)
    clock.advance(.seconds(172_800))
    #expect(sessions.expire().map(\.id) == [other])
  }

  @Test func whatIsTheServersOwnStays() throws {
    let bench = Bench()
    let sessions = bench.sessions
    let alone = sessions.openStandalone(
      ServerIdentity(userName: "designer", machineName: "m", systemUserName: "s")
    )
    bench.clock.advance(.seconds(10_000_000))
    #expect(sessions.expire() == [])
    #expect(sessions.close(sessions.storedProcedures) == nil)
    #expect(try sessions.info(of: alone, for: .server).type == "standalone")
    #expect(sessions.sessions.isEmpty && sessions.count == 0)
  }

  @Test func aProcessHasANumberOfItsOwn() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let second = try sessions.beginProcess(of: id, .client, name: "Design")
    #expect(second == ProcessReference(session: id, number: 2))
    #expect(sessions.processes(of: id).map(\.name) == ["client", "Design"])
    #expect(sessions.endProcess(second))
    #expect(!sessions.endProcess(second))
    // A number is not used again.
    #expect(try sessions.beginProcess(of: id, .client, name: "y").number == 3)
    for _ in 0..<62 { _ = try sessions.beginProcess(of: id, .client, name: "z") }
    #expect(throws: SessionRefusal.tooManyProcesses) {
      try sessions.beginProcess(of: id, .client, name: "z")
    }
    bench.clock.advance(.seconds(90))
    #expect(throws: SessionRefusal.unknownSession) {
      try sessions.beginProcess(of: id, .client, name: "z")
    }
  }

  @Test func activityListsSessionsAndProcesses() throws {
    let bench = Bench()
    let sessions = bench.sessions
    let (id, _) = try bench.client()
    let hook = try sessions.beginProcess(.hook, name: "on-server-startup")
    #expect(hook.session == sessions.storedProcedures)
    let all = try #require(try sessions.activity(for: .server))
    #expect(Set(all.sessions.map(\.type)) == ["remote", "storedProcedure"])
    #expect(Set(all.processes.map(\.name)) == ["client", "on-server-startup"])
    let one = try #require(try sessions.activity(of: id, for: .hook(id)))
    #expect(one.sessions.map(\.id) == [id.text] && one.processes.map(\.sessionID) == [id.text])
    #expect(try sessions.activity(of: SessionID(bench.random.bits()), for: .server) == nil)
  }

  /// Random steps at random times, held against a plain description of the rule.
  @Test(arguments: 1...40) func lifetimeProperty(seed: UInt64) throws {
    struct Expected {
      var last: ContinuousClock.Instant
      var uses = 0
      var isAsleep = false
      func isOver(at now: ContinuousClock.Instant) -> Bool {
        uses == 0 && now - last >= .seconds(isAsleep ? 172_800 : 90)
      }
    }
    let bench = Bench(seed: seed)
    let (sessions, clock) = (bench.sessions, bench.clock)
    let dice = SeededBits(seed &* 7919)
    var open: [SessionID: Expected] = [:]
    var tokens: [SessionID: Digest] = [:]
    var told: [SessionID: Int] = [:]
    func roll(_ sides: UInt64) -> UInt64 { dice.bits().low % sides }
    for _ in 0..<300 {
      clock.advance(.milliseconds(Int64(roll(roll(20) == 0 ? 200_000_000 : 60_000))))
      let now = clock.now
      let ids = open.keys.sorted { $0.text < $1.text }
      let id = ids.isEmpty ? nil : ids[Int(roll(UInt64(ids.count)))]
      switch (roll(7), id) {
      case (0, _), (_, nil):
        let (new, token) = try bench.client()
        open[new] = Expected(last: now)
        tokens[new] = Bench.hash(Array(token.utf8))
      case (1, let id?):
        let isOpen = sessions.touch(try #require(tokens[id])) != nil
        #expect(isOpen == (open[id]?.isOver(at: now) == false), "seed \(seed)")
        if isOpen {
          open[id]?.last = now
          open[id]?.isAsleep = false
        }
      case (2, let id?) where open[id]?.isOver(at: now) == false:
        sessions.useBegan(id)
        open[id]?.uses += 1
        open[id]?.isAsleep = false
      case (3, let id?) where open[id]?.isOver(at: now) == false:
        sessions.useEnded(id)
        let uses = open[id]?.uses ?? 0
        open[id]?.uses = max(0, uses - 1)
        open[id]?.last = now
      case (4, let id?):
        let slept = (try? sessions.fallAsleep(id)) != nil
        #expect(slept == (open[id]?.isOver(at: now) == false), "seed \(seed)")
        if slept {
          open[id]?.isAsleep = true
          open[id]?.last = now
        }
      case (5, let id?):
        if sessions.close(id) != nil { told[id, default: 0] += 1 }
        open[id] = nil
      default:
        for session in sessions.expire() {
          told[session.id, default: 0] += 1
          #expect(open[session.id]?.isOver(at: now) == true, "seed \(seed)")
          open[session.id] = nil
        }
        #expect(open.values.allSatisfy { !$0.isOver(at: now) }, "seed \(seed)")
        #expect(Set(sessions.sessions.map(\.id)) == Set(open.keys), "seed \(seed)")
      }
    }
    // Every end is told once.
    #expect(told.values.allSatisfy { $0 == 1 }, "seed \(seed)")
  }

  @Test func wallTimeReadsAs4DWritesIt() {
    let cases: [(Int64, String)] = [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
      (1_726_998_954_787, "2024-09-22T09:55:54.787Z"),
    ]
    for (milliseconds, text) in cases {
      #expect(WallTime(milliseconds: milliseconds).text == text)
    }
  }
}
