import Foundation
import Logging
import ProjectHost
import ProjectModel
import ServiceLifecycle
import Sessions
import SyncProtocol
import SyncServer
import Testing

/// A server on a free port and on a socket in a folder of its own, for the time of one test.
struct ServerFixture {
  let project: StubProject
  let server: ProjectServer
  let sessions: OpenSessions
  let folder: String
  let port: Int
  private let services: ServiceGroup

  var host: String { "127.0.0.1:\(port)" }
  var socketPath: String { folder + "/syncd.sock" }
  static let digest = StubProject.digest.map(\.hex) ?? ""

  /// Runs a server around `body` and shuts it down gracefully.
  ///
  /// The socket is in `folder`, or in a new one; `generation` is published before the start.
  static func with(
    folder: String? = nil,
    generation: UInt64? = 1,
    isProtected: Bool = false,
    sessions: OpenSessions = .ofTest(),
    sessionEvents: SessionEventFeed = SessionEventFeed(),
    hooks: ServerHooks? = nil,
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    let folder = try folder ?? temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let project = try StubProject(folder: folder)
    if isProtected { project.protect() }
    if let generation { try await project.publish(generation) }
    var configuration = ServerConfiguration(
      address: ServerAddress(host: "127.0.0.1", port: 0),
      socketPath: folder + "/syncd.sock",
      version: "9.9.9"
    )
    configuration.limits = .patient
    configuration.drainLimit = .seconds(60)
    // No sign of life between two steps of a test, and no client cut because the test is behind.
    (configuration.heartbeat, configuration.blockedLimit) = (.seconds(150), .seconds(150))
    configure(&configuration)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = ProjectServer(
      project: project,
      sessions: sessions,
      hooks: hooks,
      sessionEvents: sessionEvents,
      configuration: configuration,
      logger: logger
    )
    let services = ServiceGroup(configuration: .init(services: [server], logger: logger))
    async let running: Void = services.run()
    do {
      let address = try await server.boundAddress()
      let fixture = ServerFixture(
        project: project,
        server: server,
        sessions: sessions,
        folder: folder,
        port: address.port,
        services: services
      )
      try await body(fixture)
    } catch {
      await services.triggerGracefulShutdown()
      try await running
      throw error
    }
    await services.triggerGracefulShutdown()
    try await running
  }

  static func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "/syncd-server-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(
      atPath: folder,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    return folder
  }

  func shutDown() async { await services.triggerGracefulShutdown() }

  func tcp(receiveBuffer: Int32? = nil) async throws -> TestClient {
    try await TestClient.tcp(port: port, receiveBuffer: receiveBuffer)
  }

  func unix() async throws -> TestClient { try await TestClient.unix(path: socketPath) }

  /// One request on a connection of its own over TCP.
  func ask(
    _ method: String = "GET",
    _ path: String,
    _ fields: [String] = [],
    body: String? = nil
  ) async throws -> TestResponse {
    try await tcp().ask(method, path, host: host, fields, body: body)
  }

  /// One request on a connection of its own over the unix socket.
  func askLocally(
    _ method: String = "GET",
    _ path: String,
    _ fields: [String] = [],
    body: String? = nil
  ) async throws -> TestResponse {
    try await unix().ask(method, path, host: "syncd", fields, body: body)
  }

  /// Asks the server again and again until its status is as wanted.
  func untilStatus(_ isWanted: (ProjectStatus) -> Bool) async throws {
    let client = try await unix()
    let limit = ContinuousClock().now.advanced(by: .seconds(60))
    while ContinuousClock().now < limit {
      try Task.checkCancellation()
      let status = try await client.ask("GET", Route.status, host: "syncd").json(ProjectStatus.self)
      if isWanted(status) { return }
    }
    Issue.record("The status did not become what it should.")
  }

  /// Asks for a metric until it has a value.
  func untilMetric(_ name: String, is value: Double) async throws {
    try await untilMetric(name) { $0 == value }
  }

  func untilMetric(_ name: String, _ isWanted: (Double) -> Bool) async throws {
    let limit = ContinuousClock().now.advanced(by: .seconds(60))
    while ContinuousClock().now < limit {
      if isWanted(try await metric(name) ?? 0) { return }
    }
    Issue.record("\(name) did not become what it should.")
  }

  /// Waits until so many clients hear events or wait for some.
  func untilHeard(by count: Int) async throws {
    while project.events.audience.count != count {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  /// The value of a metric, asked for again where a test's short limits cut the question.
  func metric(_ name: String) async throws -> Double? {
    var page = ""
    while page.isEmpty {
      try Task.checkCancellation()
      do {
        page = try await askLocally("GET", Route.metrics).text
      } catch TestClientError.closed {}
    }
    let line = page.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line?.split(separator: " ").last.flatMap { Double($0) }
  }
}
