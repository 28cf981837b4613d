import Foundation
import Logging
import Sessions
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct ListenerTests {
  /// Starts a server that cannot listen, and returns why.
  private func failure(
    address: ServerAddress = ServerAddress(host: "127.0.0.1", port: 0),
    socketPath: String? = nil
  ) async throws -> ServerError? {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = ProjectServer(
      project: try StubProject(folder: folder),
      sessions: .ofTest(),
      configuration: ServerConfiguration(
        address: address,
        socketPath: socketPath,
        version: "1"
      ),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    let error = await #expect(throws: ServerError.self) { try await server.run() }
    await #expect(throws: ServerError.self) { try await server.boundAddress() }
    return error
  }

  @Test func aPortInUseIsToldWithItsHolder() async throws {
    try await ServerFixture.with { server in
      let address = ServerAddress(host: "127.0.0.1", port: server.port)
      let error = try #require(try await failure(address: address))
      #expect(error.code == .addressInUse)
      #expect(error.message.hasPrefix("127.0.0.1:\(server.port) is in use by pid \(getpid()) ("))
      #expect(error.message.contains("--listen"))
    }
  }

  @Test(arguments: ["0.0.0.0", "::", "192.168.1.1", "8.8.8.8", "fe80::1", "126.255.255.255"])
  func withoutAPasswordOnlyLoopbackIsListenedOn(host: String) async throws {
    let error = try await failure(address: ServerAddress(host: host, port: 0))
    #expect(error?.code == .passwordMissing)
    #expect(error?.message.contains("--allow-anonymous") == true)
  }

  @Test(arguments: ["example.com", "", "127.0.0.1.evil"])
  func aNameIsNoAddress(host: String) async throws {
    let error = try await failure(address: ServerAddress(host: host, port: 0))
    #expect(error?.code == .addressInvalid)
  }

  @Test func theSocketIsForItsOwnerAlone() async throws {
    try await ServerFixture.with { server in
      let attributes = try FileManager.default.attributesOfItem(atPath: server.socketPath)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(attributes[.type] as? FileAttributeType == .typeSocket)
    }
  }

  @Test func aLongPathWorks() async throws {
    let top = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: top) }
    let part = "/" + String(repeating: "d", count: 200)
    let folder = top + part + part + part
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await ServerFixture.with(folder: folder) { server in
      #expect(server.socketPath.utf8.count > 600)
      let answer = try await server.askLocally("GET", Route.status)
      #expect(answer.status == 200)
    }
  }

  @Test func aSocketThatNobodyServesIsReplaced() async throws {
    let folder = try ServerFixture.temporaryFolder()
    try await Self.leaveSocket(at: folder + "/syncd.sock")
    try await ServerFixture.with(folder: folder) { server in
      let answer = try await server.askLocally("GET", Route.hello)
      #expect(answer.status == 200)
    }
  }

  @Test func aSocketThatSomebodyServesIsLeftAlone() async throws {
    try await ServerFixture.with { server in
      let error = try await failure(socketPath: server.socketPath)
      #expect(error?.code == .socketInUse)
      #expect(error?.message.contains("pid \(getpid())") == true)
      #expect(try await server.askLocally("GET", Route.hello).status == 200)
    }
  }

  @Test func whatIsNoSocketIsLeftAlone() async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/syncd.sock"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    let error = try await failure(socketPath: path)
    #expect(error?.code == .socketNameTaken)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
  }

  @Test func aStartedProgramGetsNoneOfTheSockets() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      #expect(try await client.ask("GET", Route.hello, host: server.host).status == 200)
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        .compactMap { Int32($0) }.filter { TestClient.localPort(of: $0) == server.port }
      // The listening one and the connection's.
      #expect(descriptors.count == 2)
      #expect(descriptors.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
    }
  }

  @Test func aMissingFolderIsToldByName() async throws {
    let error = try await failure(socketPath: "/nowhere/at/all/syncd.sock")
    #expect(error?.code == .bindFailed)
    #expect(error?.message.contains("/nowhere/at/all") == true)
  }

  /// Binds a socket and forgets it, as a killed server does.
  private static func leaveSocket(at path: String) async throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
  }
}
