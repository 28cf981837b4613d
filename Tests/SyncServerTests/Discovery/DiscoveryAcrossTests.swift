import Foundation
import Logging
import ProjectModel
import SyncProtocol
import SyncServer
import TestPrograms
import Testing

/// Real broadcast, from one network namespace into another.
@Suite(.timeLimit(.minutes(3)), .serialized) struct DiscoveryAcrossTests {
  private static let role = "SYNCD_TEST_RESPONDER"
  private static let host = ProcessInfo.processInfo.environment[role]

  /// The other side of these tests: this program again, in a namespace, until it is killed.
  @Test(.enabled(if: host != nil)) func responder() async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let project = try StubProject(folder: folder)
    try await project.publish(7)
    var publication = Publication(name: "Küche")
    publication.announcesTo4D = true
    publication.rules = AddressRules([
      .init("10.77.0.*", allows: true), .init("127.*", allows: true),
    ])
    let responder = DiscoveryResponder(
      publication: publication,
      project: project,
      address: ServerAddress(host: Self.host ?? ""),
      usesTLS: Self.host != "127.0.0.1",
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    await responder.run(on: await responder.bind())
  }

  private struct Found: Decodable {
    let name: String
    let address: String
    let project: String
    let tls: Bool
    let generation: String?
  }

  /// Runs `body` with a responder on an address in the first namespace.
  private func withResponder(
    on host: String,
    _ body: (NetworkNamespaces) async throws -> Void
  ) async throws {
    let spaces = NetworkNamespaces()
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let responder = try NetworkNamespaces.start(
      in: spaces.first,
      [own, "--testing-library", "swift-testing", "--filter", "DiscoveryAcrossTests/responder"],
      environment: [Self.role: host]
    )
    do { try await body(spaces) } catch {
      await stop(responder)
      throw error
    }
    await stop(responder)
  }

  private func stop(_ responder: RunningProgram) async {
    responder.send(SIGTERM)
    _ = await responder.exitStatus()
  }

  /// Asks with the built program until there is an answer.
  private func discover(in space: String) async throws -> [Found] {
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "syncd").path
    while true {
      try Task.checkCancellation()
      let text = try await NetworkNamespaces.run(
        in: space,
        [program, "discover", "--json", "--wait", "0.5"]
      )
      let found = try JSONDecoder().decode([Found].self, from: Data(text.utf8))
      if !found.isEmpty { return found }
    }
  }

  @Test(
    .enabled(if: NetworkNamespaces.arePossible && host == nil),
    arguments: ["0.0.0.0", "10.77.0.1", "::"]
  )
  func aServerIsFoundFromAnotherMachine(host: String) async throws {
    try await withResponder(on: host) { spaces in
      let found = try await discover(in: spaces.second)
      #expect(found.map(\.name) == ["Küche"])
      #expect(found.first?.address == "10.77.0.1:19813")
      #expect(found.first?.project == "Demo")
      #expect(found.first?.tls == true, "off loopback there is TLS")
      #expect(found.first?.generation == "abc:7")
      let old = try await ask4D(in: spaces.second, FourDQuery(.serverNet))
      #expect(FourDAnswer(old)?.database == "Küche")
      #expect(old.count == 96)
      let quic = try await ask4D(in: spaces.second, FourDQuery(.quic))
      #expect(FourDAnswer(quic)?.port == 19_813)
      #expect(FourDAnswer(quic)?.database == "Küche")
    }
  }

  @Test(.enabled(if: NetworkNamespaces.arePossible && host == nil))
  func aServerOnLoopbackIsNotFoundFromAnotherMachine() async throws {
    try await withResponder(on: "127.0.0.1") { spaces in
      // It listens, and answers its own machine.
      let found = try await discover(in: spaces.first)
      #expect(found.map(\.address) == ["127.0.0.1:19813"])
      #expect(found.first?.tls == false)
      let answer = try await ask4D(in: spaces.second, FourDQuery(.serverNet), tries: 3)
      #expect(answer.isEmpty)
    }
  }

  /// Sends 4D's datagram as 4D does, to 255.255.255.255, and returns what comes back.
  private func ask4D(
    in space: String,
    _ query: FourDQuery,
    tries: Int = 300
  ) async throws -> [UInt8] {
    let script = """
      import socket, sys
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.settimeout(0.3)
      for _ in range(int(sys.argv[2])):
          s.sendto(bytes.fromhex(sys.argv[1]), ('255.255.255.255', 19813))
          try:
              print(s.recv(2048).hex()); break
          except TimeoutError: pass
      """
    let digits = query.datagram.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let text = try await NetworkNamespaces.run(
      in: space,
      ["/usr/bin/python3", "-I", "-c", script, digits, "\(tries)"]
    )
    let hex = Array(text.filter(\.isHexDigit))
    return stride(from: 0, to: hex.count - 1, by: 2).compactMap {
      UInt8(String(hex[$0...$0 + 1]), radix: 16)
    }
  }
}
