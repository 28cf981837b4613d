import Foundation
import TestPrograms
import Testing

/// A server and its clients on two machines, through the built program.
@Suite(.timeLimit(.minutes(10)), .enabled(if: TwoMachines.isPossible)) struct NetworkTests {
  private func serve(
    _ machines: TwoMachines,
    _ place: Workplace,
    at host: String = TwoMachines.serverAddress,
    port: Int = 0,
    _ extra: [String]
  ) async throws -> (running: RunningProgram, key: String, port: Int) {
    let address = "\(host):\(port)"
    let running = try machines.startOnServer(
      [Program.path, "serve", place.project, "--listen", address, "--state-dir", place.state]
        + extra
    )
    let key = try #require(await running.line(containing: "TLS key"), "\(running.errors)")
    let ready = try #require(await running.line(containing: "syncd: serving"))
    let fingerprint = try #require(key.firstMatch(of: /SHA-256 ([0-9a-f]{64})$/))
    let found = try #require(ready.firstMatch(of: /:(\d+), generation/))
    return (running, String(fingerprint.1), try #require(Int(found.1)))
  }

  private func connect(
    _ machines: TwoMachines,
    _ place: Workplace,
    _ port: Int,
    _ extra: String...
  ) async throws -> Program.Result {
    try await unbroken {
      try await machines.runOnClient(
        ["/usr/bin/env", "XDG_STATE_HOME=\(place.path)/client", Program.path, "connect"]
          + ["\(TwoMachines.serverAddress):\(port)", "-o", place.path + "/app.4dz"] + extra
      )
    }
  }

  @Test func withoutAPasswordNothingIsServedToOthersUnlessItIsAskedFor() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let address = "\(TwoMachines.serverAddress):0"
    let refused = try machines.startOnServer(
      [Program.path, "serve", place.project, "--listen", address, "--state-dir", place.state]
    )
    #expect(await refused.exitStatus() == 4)
    #expect(refused.errors.contains("the Designer has no password"), "\(refused.errors)")
    #expect(refused.errors.contains("--allow-anonymous"))
  }

  @Test func aRemoteClientPinsTheKeyFetchesTheBundleAndNoticesAnotherKey() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let server = try await serve(machines, place, ["--allow-anonymous"])
    let first = try await connect(machines, place, server.port)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("its key \(server.key) is pinned now"))
    #expect(try await place.build() == place.contents("app.4dz"))
    let second = try await connect(machines, place, server.port)
    #expect(second.status == 0 && !second.output.contains("pinned"))

    let url = "\(TwoMachines.serverAddress):\(server.port)/v1/hello"
    let known = ["--retry", "20", "--retry-all-errors", "--cacert", place.state + "/tls-cert.pem"]
    let curl = try await machines.runOnClient(["curl", "-sS"] + known + ["https://" + url])
    #expect(curl.output.contains("\"project\""), "\(curl.errors)")
    let plain = try await machines.runOnClient(["curl", "-sS", "-m", "10", "http://" + url])
    #expect(plain.status != 0)
    server.running.send(SIGTERM)
    #expect(await server.running.exitStatus() == 0)

    try FileManager.default.removeItem(atPath: place.state + "/tls-key.pem")
    let other = try await serve(machines, place, port: server.port, ["--allow-anonymous"])
    #expect(other.key != server.key)
    let warned = try await connect(machines, place, server.port)
    #expect(warned.status == 4)
    #expect(warned.errors.contains(server.key) && warned.errors.contains(other.key))
    let accepted = try await connect(machines, place, server.port, "--accept-key", other.key)
    #expect(accepted.status == 0, "\(accepted.errors)")
    other.running.send(SIGTERM)
    #expect(await other.running.exitStatus() == 0)
  }

  /// The words of a command of the client's machine.
  private func onClient(_ place: Workplace, _ words: String...) -> [String] {
    ["/usr/bin/env", "XDG_STATE_HOME=\(place.path)/client", Program.path] + words
  }

  @Test func aServerIsFoundByItsNameAndFollowedWhereItGoes() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let published = ["--allow-anonymous", "--name", "Far Shop"]
    let first = try await serve(machines, place, port: 19_813, published)
    let list = try await found {
      try await machines.runOnClient(onClient(place, "discover", "--wait", "1"))
    }
    #expect(list.output.contains("^Far Shop  \(TwoMachines.serverAddress):19813"), "\(list)")
    let file = place.path + "/app.4dz"
    let client = try await started("\"updated\"") {
      try machines.startOnClient(
        onClient(place, "connect", "^Far Shop", "-o", file, "--follow", "--json")
      )
    }
    first.running.send(SIGTERM)
    #expect(await first.running.exitStatus() == 0)

    // Whoever says to be the server and has another key is not followed.
    let impostor = try Workplace()
    try FileManager.default.createDirectory(
      atPath: impostor.state,
      withIntermediateDirectories: true
    )
    try FileManager.default.copyItem(
      atPath: place.state + "/server.id",
      toPath: impostor.state + "/server.id"
    )
    #expect(chmod(impostor.state, 0o700) == 0)
    try impostor.save("ALERT(\"evil\")", "Project/Sources/Methods/m1.4dm")
    let other = TwoMachines.otherServerAddress
    let imitation = try await serve(machines, impostor, at: other, port: 19_813, published)
    let told = try #require(await client.line(containing: "somebody may stand in for it"))
    #expect(told.contains("\"lost\""), "\(told)")
    imitation.running.send(SIGTERM)
    #expect(await imitation.running.exitStatus() == 0)
    #expect(try await place.build() == place.contents("app.4dz"))

    try place.save("ALERT(\"moved\")", "Project/Sources/Methods/m1.4dm")
    let second = try await serve(machines, place, at: other, port: 19_813, published)
    #expect(second.key == first.key)
    let moved = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    #expect(moved.contains("\"delta\":true"))
    #expect(try await place.build() == place.contents("app.4dz"))
    client.send(SIGTERM)
    _ = await client.exitStatus()
    second.running.send(SIGTERM)
    #expect(await second.running.exitStatus() == 0)
  }

  @Test func anAddressHasSoManyConnectionsAndNoMore() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    var result: Program.Result
    repeat {
      try Task.checkCancellation()
      let server = try await serve(
        machines,
        place,
        ["--allow-anonymous", "--max-connections-per-address", "2"]
      )
      result = try await machines.runOnClient([
        "/usr/bin/python3", "-I", "-c", Self.crowd, TwoMachines.serverAddress, "\(server.port)",
      ])
      server.running.send(SIGTERM)
      #expect(await server.running.exitStatus() == 0)
    } while result.output == "late\n"
    #expect(result.output == "200 200 none 429\n", "\(result)")
  }

  /// Opens five connections and prints what four of them are answered: the last one while two wait to
  /// be refused.
  ///
  /// What is silent for ten seconds loses its place: whoever took half of them says so.
  private static let crowd = """
    import socket, ssl, sys, time
    host, port = sys.argv[1], int(sys.argv[2])
    c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
    kept, said, began = [], [], time.monotonic()
    def connect():
        kept.append(c.wrap_socket(socket.create_connection((host, port), timeout=60)))
        return kept[-1]
    def ask(s):
        s.sendall(b'GET /v1/hello HTTP/1.1\\r\\nHost: %s:%d\\r\\n\\r\\n' % (host.encode(), port))
        return s.recv(4096)[9:12].decode()
    try:
        for _ in range(2): said.append(ask(connect()))
        third, fourth = connect(), connect()
        try: said.append(ask(connect()))
        except OSError: said.append('none')
        said.append(ask(third))
    except OSError as error: said.append(repr(error))
    print(*said) if time.monotonic() - began < 5 else print('late')
    """
}
