import ProjectModel
import Sessions
import Testing

@Suite struct SessionTableTests {
  private let start = ContinuousClock().now

  private func at(_ seconds: Int) -> ContinuousClock.Instant {
    start.advanced(by: .seconds(seconds))
  }

  private func token(_ number: UInt64) -> Digest { Digest(words: (number, 0, 0, 0)) }

  private func session(_ name: String, isDeveloper: Bool = false) -> OpenSession {
    var random = SystemRandomNumberGenerator()
    return OpenSession(
      id: SessionID(using: &random),
      userName: name,
      machineName: "m",
      systemUserName: "s",
      isDeveloper: isDeveloper
    )
  }

  @Test func aSessionEndsOnceAfterItsGraceTime() {
    var table = SessionTable(grace: .seconds(90))
    let ann = session("ann")
    #expect(table.open(ann, token: token(1), at: at(0)) == true)
    #expect(table.touch(token(1), at: at(89)) == ann)
    #expect(table.expire(at: at(178)) == [])
    // Over before the timer comes round, and ended once.
    #expect(table.touch(token(1), at: at(179)) == nil)
    #expect(table.expire(at: at(179)) == [ann])
    #expect(table.expire(at: at(999)) == [])
    #expect(table.close(ann.id, at: at(999)) == nil)
  }

  @Test func aStreamOrARequestKeepsItsSessionOpen() {
    var table = SessionTable(grace: .seconds(90))
    let ann = session("ann")
    #expect(table.open(ann, token: token(1), at: at(0)) == true)
    table.useBegan(ann.id)
    table.useBegan(ann.id)
    table.useEnded(ann.id, at: at(10))
    #expect(table.expire(at: at(10_000)) == [])
    table.useEnded(ann.id, at: at(10_000))
    #expect(table.expire(at: at(10_089)) == [])
    #expect(table.expire(at: at(10_090)) == [ann])
  }

  @Test func onlyTheTokenFindsASession() {
    var table = SessionTable(grace: .seconds(90))
    let ann = session("ann")
    #expect(table.open(ann, token: token(1), at: at(0)) == true)
    #expect(table.touch(token(2), at: at(0)) == nil)
    #expect(table.open(session("bob"), token: token(1), at: at(0)) == false)
    #expect(table.promote(ann.id)?.isDeveloper == true)
    #expect(table.touch(token(1), at: at(0))?.isDeveloper == true)
    #expect(table.close(ann.id, at: at(0))?.id == ann.id)
    #expect(table.touch(token(1), at: at(0)) == nil)
    #expect(table.promote(ann.id) == nil)
  }

  @Test func someRoomIsKeptForDevelopers() {
    var table = SessionTable(grace: .seconds(90))
    let common = SessionTable.mostSessions - SessionTable.reserved
    for number in 0..<common {
      #expect(table.open(session("x"), token: token(UInt64(number)), at: at(0)) == true)
    }
    #expect(table.open(session("x"), token: token(.max), at: at(0)) == false)
    for number in common..<SessionTable.mostSessions {
      let developer = session("d", isDeveloper: true)
      #expect(table.open(developer, token: token(UInt64(number)), at: at(0)) == true)
    }
    let last = session("d", isDeveloper: true)
    #expect(table.open(last, token: token(.max), at: at(0)) == false)
    #expect(table.count == SessionTable.mostSessions)
  }
}
