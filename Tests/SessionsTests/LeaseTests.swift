import ProjectModel
import Sessions
import Testing

@Suite struct LeaseTests {
  private func processes(_ count: Int, _ bench: Bench, _ id: SessionID) throws -> [ProcessReference]
  {
    try (0..<count).map { try bench.sessions.beginProcess(of: id, .script, name: "p\($0)") }
  }

  @Test func whoHasNoLeaseWaitsOrIsRefused() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(2, bench, id)
    let (one, two) = (all[0], all[1])
    let lease = try await sessions.useStorage(of: id, by: one, for: .server)
    let patch = try bench.json(#"{"n":1}"#)
    #expect(throws: SessionRefusal.inUse) {
      try sessions.patchStorage(of: id, with: patch, for: .server)
    }
    await #expect(throws: SessionRefusal.inUse) {
      try await sessions.useStorage(of: id, by: two, waits: false, for: .server)
    }
    // Reading is free.
    #expect(try sessions.storage(of: id, for: .web(id)).revision == 0)
    try sessions.patchStorage(of: id, with: patch, lease: lease.id, for: .server)
    try sessions.endUse(lease.id, of: id, for: .server)
    #expect(throws: SessionRefusal.leaseOver) {
      try sessions.patchStorage(of: id, with: patch, lease: lease.id, for: .server)
    }
    try sessions.patchStorage(of: id, with: .object(JSONObject()), for: .server)
  }

  @Test func waitersComeInOrder() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(6, bench, id)
    let first = try await sessions.useStorage(of: id, by: all[0], for: .server)
    let order = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 1..<6 {
        group.addTask {
          let lease = try await sessions.useStorage(of: id, by: all[index], for: .server)
          let so = try sessions.storage(of: id, for: .server)
          try sessions.patchStorage(
            of: id,
            with: .object(
              JSONObject([
                ("order", .array((so.value["order"]?.elements ?? []) + [.integer(index)]))
              ])
            ),
            expecting: so.revision,
            lease: lease.id,
            for: .server
          )
          try sessions.endUse(lease.id, of: id, for: .server)
          return index
        }
        // Each has a timer beside it once it stands in the queue.
        await bench.clock.untilAsleep(index)
      }
      try sessions.endUse(first.id, of: id, for: .server)
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(order) == [1, 2, 3, 4, 5])
    let written = try sessions.storage(of: id, for: .server).value["order"]
    #expect(written == .array((1...5).map(JSONValue.integer)))
  }

  @Test func manyProcessesCountWithoutLosingOne() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(20, bench, id)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for process in all {
        group.addTask {
          for _ in 0..<25 {
            let lease = try await sessions.useStorage(of: id, by: process, for: .server)
            let old = try sessions.storage(of: id, for: .server).value["n"]
            await Task.yield()
            guard case .number(let digits) = old ?? .integer(0), let count = Int(digits) else {
              return
            }
            let patch = JSONObject([(key: "n", value: .integer(count + 1))])
            try sessions.patchStorage(of: id, with: .object(patch), lease: lease.id, for: .server)
            try sessions.endUse(lease.id, of: id, for: .server)
          }
        }
      }
      try await group.waitForAll()
    }
    let storage = try sessions.storage(of: id, for: .server)
    #expect(storage.value["n"] == .integer(500) && storage.revision == 500)
  }

  @Test func scriptsThatEndedSilentlyMakeRoom() throws {
    let bench = Bench()
    let sessions = bench.sessions
    let hook = try sessions.beginProcess(.hook, name: "on-server-startup")
    for number in 0..<1100 { _ = try sessions.beginProcess(.script, name: "s\(number)") }
    let left = sessions.processes(of: sessions.storedProcedures)
    #expect(left.count == 1025)
    #expect(left.first?.number == hook.number && left.last?.name == "s1099")
  }

  @Test func aLeaseEndsWithItsTime() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    bench.sessions.useBegan(id)
    let all = try processes(2, bench, id)
    let first = try await sessions.useStorage(of: id, by: all[0], during: .seconds(3), for: .server)
    async let second = sessions.useStorage(of: id, by: all[1], during: .seconds(3), for: .server)
    await bench.clock.untilAsleep(1)
    bench.clock.advance(.seconds(3))
    let lease = try await second
    #expect(lease.process == all[1])
    #expect(lease.end == bench.clock.now.advanced(by: .seconds(3)))
    #expect(throws: SessionRefusal.leaseOver) {
      try sessions.endUse(first.id, of: id, for: .server)
    }
    // Nobody waits: it is over without anybody looking.
    bench.clock.advance(.seconds(3))
    try sessions.patchStorage(of: id, with: try bench.json(#"{"a":1}"#), for: .server)
  }

  @Test func aLeaseEndsWithItsProcessAndWithItsSession() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(3, bench, id)
    _ = try await sessions.useStorage(of: id, by: all[0], for: .server)
    async let second = sessions.useStorage(of: id, by: all[1], for: .server)
    await bench.clock.untilAsleep(1)
    #expect(sessions.endProcess(all[0]))
    #expect(try await second.process == all[1])
    // A process of another session holds it, and its session ends.
    let other = try bench.client("bob").id
    let foreign = try processes(1, bench, other)[0]
    let shared = sessions.storedProcedures
    _ = try await sessions.useStorage(of: shared, by: foreign, for: .server)
    _ = sessions.close(other)
    _ = try await sessions.useStorage(of: shared, by: all[1], waits: false, for: .server)
    // Those who wait learn that the session is gone.
    let third = Task { try await sessions.useStorage(of: id, by: all[2], for: .server) }
    await bench.clock.untilAsleep(1)
    _ = sessions.close(id)
    await #expect(throws: SessionRefusal.unknownSession) { try await third.value }
    await #expect(throws: SessionRefusal.unknownProcess) {
      try await sessions.useStorage(of: shared, by: all[1], for: .server)
    }
  }

  @Test func useInsideUseIsOneLease() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(2, bench, id)
    let outer = try await sessions.useStorage(of: id, by: all[0], for: .server)
    let inner = try await sessions.useStorage(of: id, by: all[0], for: .server)
    #expect(outer == inner)
    try sessions.endUse(inner.id, of: id, for: .server)
    await #expect(throws: SessionRefusal.inUse) {
      try await sessions.useStorage(of: id, by: all[1], waits: false, for: .server)
    }
    try sessions.endUse(outer.id, of: id, for: .server)
    _ = try await sessions.useStorage(of: id, by: all[1], waits: false, for: .server)
  }

  @Test func whoIsCancelledLeavesTheQueue() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(3, bench, id)
    let first = try await sessions.useStorage(of: id, by: all[0], for: .server)
    let waiting = Task { try await sessions.useStorage(of: id, by: all[1], for: .server) }
    await bench.clock.untilAsleep(1)
    waiting.cancel()
    await #expect(throws: SessionRefusal.inUse) { try await waiting.value }
    try sessions.endUse(first.id, of: id, for: .server)
    let next = try await sessions.useStorage(of: id, by: all[2], waits: false, for: .server)
    #expect(next.process == all[2])
  }

  /// Cancelled before, while and after it begins to wait: it comes back, and the queue goes on.
  @Test func nobodyIsLostWhoIsCancelledAtAnyTime() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let all = try processes(12, bench, id)
    for round in 0..<200 {
      let first = try await sessions.useStorage(of: id, by: all[0], waits: false, for: .server)
      let waiting = all.dropFirst().map { process in
        Task { try await sessions.useStorage(of: id, by: process, for: .server) }
      }
      for _ in 0..<(round % 7) { await Task.yield() }
      for task in waiting { task.cancel() }
      if round % 2 == 0 { try sessions.endUse(first.id, of: id, for: .server) }
      for task in waiting {
        // One that was granted before it was cancelled has it, and gives it back.
        if let lease = try? await task.value {
          try sessions.endUse(lease.id, of: id, for: .server)
        }
      }
      if round % 2 == 1 { try sessions.endUse(first.id, of: id, for: .server) }
    }
  }

  @Test func leasesAreShortAndQueuesToo() async throws {
    let bench = Bench(.v21R3)
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let process = try processes(1, bench, id)[0]
    for duration in [Duration.zero, .seconds(-1), .seconds(31)] {
      await #expect(throws: SessionRefusal.leaseTime(longest: .seconds(30))) {
        try await sessions.useStorage(of: id, by: process, during: duration, for: .server)
      }
    }
    // A client cannot act as a process of somebody else's.
    let other = try bench.client("bob").id
    await #expect(throws: SessionRefusal.unknownProcess) {
      try await sessions.useStorage(of: other, by: process, for: .remote(other))
    }
  }
}
