import Foundation
import Logging
import ProjectModel
import ServiceLifecycle
import Sessions
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct RolesKeeperTests {
  private static func roles(_ name: String) -> String {
    #"{"privileges":[{"privilege":"\#(name)"}],"permissions":{"allowed":[]}}"#
  }

  @Test func eachGenerationBringsItsRoles() async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let project = try StubProject(folder: folder)
    let sessions = OpenSessions.ofTest()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let keeper = RolesKeeper(
      project: project,
      sessions: sessions,
      servesBrowsers: true,
      logger: logger
    )
    await keeper.read()
    #expect(sessions.roles.condition == .missing)
    let running = Task { try await keeper.run() }
    defer { running.cancel() }
    func publish(_ gen: UInt64, _ content: String, until condition: RolesInForce.Condition)
      async throws
    {
      try WebFixture.save(content, "Project/Sources/roles.json", in: folder)
      try await project.publish(gen)
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while sessions.roles.condition != condition {
        try #require(ContinuousClock().now < limit)
        await Task.yield()
      }
    }
    try await publish(1, "{broken", until: .broken)
    try await publish(2, Self.roles("first"), until: .good)
    #expect(sessions.roles.roles.declares(privilege: "first"))
    // The last good one stays.
    try await publish(3, "{broken", until: .kept)
    #expect(sessions.roles.roles.declares(privilege: "first"))
    try await publish(4, Self.roles("second"), until: .good)
    #expect(sessions.roles.roles.declares(privilege: "second"))
  }
}
