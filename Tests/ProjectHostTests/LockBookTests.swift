import ProjectHost
import SyncProtocol
import Testing

@Suite struct LockBookTests {
  private let anna = LockOwner(session: "1", userName: "Anna", machineName: "north")
  private let ben = LockOwner(session: "2", userName: "Ben", machineName: "south")
  private let form = LockTarget(.form, name: "Project/Sources/Forms/Entry")
  private let table = LockTable(
    now: { "2026-01-02T03:04:05.678Z" },
    newID: {
      String(UInt64.random(in: 0 ... .max))
    }
  )

  private func refusal(_ target: LockTarget, for owner: LockOwner) async -> ProblemDetails? {
    do {
      _ = try await table.lock(target, for: owner)
      return nil
    } catch { return error }
  }

  @Test func theSameOwnerGetsTheSameRecordAndOthersAreToldWhoHasIt() async throws {
    let first = try await table.lock(form, for: anna)
    #expect(try await table.lock(form, for: anna) == first)
    let refused = await refusal(form, for: ben)
    #expect(refused?.problemType == .locked)
    #expect(refused?.lock == first)
    for word in ["Anna", "north", "2026-01-02T03:04:05.678Z"] {
      #expect(refused?.detail.contains(word) == true)
    }
  }

  @Test func aFormCoversItsMethodsBothWaysAndNotItsNeighbours() async throws {
    let inside = LockTarget(.method, name: "Project/Sources/Forms/Entry/ObjectMethods/OK.4dm")
    let beside = LockTarget(.method, name: "Project/Sources/Forms/Entry2/method.4dm")
    _ = try await table.lock(form, for: anna)
    #expect(await refusal(inside, for: ben)?.problemType == .locked)
    #expect(await refusal(beside, for: ben) == nil)
    await table.release(session: "1")
    #expect(await refusal(inside, for: ben) == nil)
    #expect(await refusal(form, for: anna)?.lock?.target == inside)
  }

  @Test func namesAreTheSameInAnyCaseAndSpelling() async throws {
    _ = try await table.lock(
      LockTarget(.method, name: "Project/Sources/Methods/\u{E9}.4dm"),
      for: anna
    )
    let other = LockTarget(.method, name: "Project/Sources/Methods/e\u{301}.4dm")
    #expect(await refusal(other, for: ben)?.problemType == .locked)
    let upper = LockTarget(.method, name: "Project/Sources/Methods/\u{C9}.4DM")
    let problem = await refusal(upper, for: ben)
    #expect(problem?.problemType == .locked)
    #expect(problem?.detail.contains(".4dm is locked by") == true)
  }

  @Test func aSessionHasABoundedNumberOfLocks() async throws {
    for number in 0..<1_000 {
      let target = LockTarget(.method, name: "Project/Sources/Methods/m\(number).4dm")
      _ = try await table.lock(target, for: anna)
    }
    let more = LockTarget(.method, name: "Project/Sources/Methods/more.4dm")
    #expect(await refusal(more, for: anna)?.problemType == .tooMany)
    #expect(await refusal(more, for: ben) == nil)
  }

  @Test func oneMachineCompilesAndOnePageIsNotAnother() async throws {
    _ = try await table.lock(LockTarget(.compile), for: anna)
    #expect(await refusal(LockTarget(.compile), for: ben)?.problemType == .locked)
    #expect(await refusal(LockTarget(.settings), for: ben) == nil)
    _ = try await table.lock(LockTarget(.page, name: "tips"), for: anna)
    #expect(await refusal(LockTarget(.page, name: "lists"), for: ben) == nil)
  }

  @Test func onlyTheOwnerUnlocks() async throws {
    let record = try await table.lock(form, for: anna)
    await #expect { try await table.unlock(id: record.id, by: "2") } throws: {
      ($0 as? ProblemDetails)?.problemType == .locked
    }
    try await table.unlock(id: record.id, by: "1")
    #expect(await table.list().locks.isEmpty)
    await #expect { try await table.unlock(id: record.id, by: "1") } throws: {
      ($0 as? ProblemDetails)?.problemType == .notFound
    }
  }

  @Test(arguments: [
    LockTarget(.method), LockTarget(.method, name: "/etc/passwd.4dm"),
    LockTarget(.method, name: "Project/Sources/../x.4dm"),
    LockTarget(.method, name: "Project/Sources/folders.json"),
    LockTarget(.form, name: "Project/Sources/Forms"),
    LockTarget(.form, name: "Project/Sources/TableForms/a/Input"),
    LockTarget(.page, name: "colours"), LockTarget(.settings, name: "x"),
    LockTarget(.compile, name: "x"),
  ])
  func nonsenseIsRefused(_ target: LockTarget) async {
    #expect(await refusal(target, for: anna)?.problemType == .badRequest)
  }
}
