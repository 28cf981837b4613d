import SyncClient
import SyncProtocol
import Testing

@Suite struct DiscoveredServersTests {
  private static func server(
    _ name: String,
    id: String? = nil,
    host: String = "10.0.0.1",
    port: Int = 19_813,
    tls: Bool = false,
    gen: UInt64 = 1
  ) -> DiscoveredServer {
    var generator = SystemRandomNumberGenerator()
    let answer = DiscoveryAnswer(
      to: DiscoveryQuery(using: &generator),
      publicationName: name,
      project: name,
      serverID: id ?? "id-\(name)",
      port: port,
      usesTLS: tls,
      generation: GenerationID(epoch: 1, gen: gen)
    )
    return DiscoveredServer(answer, from: host)
  }

  @Test func theOrderIsThatOfFirstAppearance() {
    var list = DiscoveredServers()
    for name in ["c", "a", "b", "a", "c"] { list.take(Self.server(name)) }
    #expect(list.servers.map(\.publicationName) == ["c", "a", "b"])
    list.endRound()
    list.take(Self.server("a", gen: 2))
    #expect(list.servers.map(\.publicationName) == ["c", "a", "b"])
    #expect(list.servers[1].generation?.gen == 2, "and what is known of it is new")
  }

  @Test func whoIsSilentForThreeRoundsIsGone() {
    var list = DiscoveredServers()
    list.take(Self.server("silent"))
    list.take(Self.server("alive"))
    for round in 1...4 {
      list.endRound()
      let expected = round <= 3 ? ["silent", "alive"] : ["alive"]
      #expect(list.servers.map(\.publicationName) == expected)
      list.take(Self.server("alive"))
    }
    list.take(Self.server("silent"))
    #expect(list.servers.map(\.publicationName) == ["alive", "silent"], "who comes back is last")
  }

  @Test func aServerOnTwoNetworksIsOneAndStaysWhereItWasSeenFirst() {
    var list = DiscoveredServers()
    list.take(Self.server("a", host: "127.0.0.1"))
    list.take(Self.server("a", host: "10.0.0.1"))
    #expect(list.servers.map(\.address.host) == ["127.0.0.1"])
    for _ in 0..<2 {
      list.endRound()
      list.take(Self.server("a", host: "10.0.0.1"))
    }
    #expect(list.servers.map(\.address.host) == ["10.0.0.1"], "until that way is silent")
  }

  @Test func tlsServersAreMarked() {
    #expect(Self.server("Shop", tls: true).shownName == "^Shop")
    #expect(Self.server("Shop").shownName == "Shop")
  }

  @Test func aFloodOfMadeUpServersIsBounded() {
    var list = DiscoveredServers()
    for number in 0..<5_000 { list.take(Self.server("s\(number)")) }
    #expect(list.servers.count == 1_000)
  }

  /// A network of the test's own.
  private struct Network: ServerLookups {
    var servers: [DiscoveredServer] = []
    var hosts: Set<String> = []
    var answering: [String: String] = [:]
    var known: [RecentServer] = []
    var files: [String: String] = [:]

    func discover(
      port: Int,
      until isWanted: @Sendable (DiscoveredServer) -> Bool
    ) async throws -> [DiscoveredServer] { servers.filter { $0.address.port == port } }

    func knowsHost(_ name: String) async -> Bool { hosts.contains(name) }
    func serverID(at address: ServerAddress) async -> String? { answering[address.description] }
    func recents() throws(ClientError) -> [RecentServer] { known }

    func contents(of path: String) throws(ClientError) -> [UInt8] {
      guard let text = files[path] else { throw ClientError(.localFile, "\(path) is missing") }
      return Array(text.utf8)
    }
  }

  private static func recent(_ label: String, id: String, at address: String) -> RecentServer {
    RecentServer(
      label: label,
      project: "p",
      serverID: id,
      address: ServerAddress(address) ?? ServerAddress(host: ""),
      usesTLS: false,
      lastUsed: ""
    )
  }

  private static func link(_ attributes: String) -> String {
    "<database_shortcut is_remote=\"true\" \(attributes)/>"
  }

  private static let network = Network(
    servers: [
      server("Shop", host: "10.0.0.5", tls: true), server("Twin", id: "t1", host: "10.0.0.6"),
      server("Twin", id: "t2", host: "10.0.0.7"), server("My Data", host: "10.0.0.8"),
      server("Other", host: "10.0.0.9", port: 20_000), server("moving", id: "m", host: "10.0.0.10"),
    ],
    hosts: ["build", "build.example.com", "Shop"],
    answering: ["10.1.1.1:19813": "r", "10.1.1.3:19813": "stranger", "10.1.1.4:19813": "stranger"],
    known: [
      recent("Here", id: "r", at: "10.1.1.1"), recent("Moved", id: "m", at: "10.1.1.2"),
      recent("Replaced", id: "x", at: "10.1.1.3"), recent("Away", id: "y", at: "10.1.1.5:20000"),
      recent("MovedAside", id: "m", at: "10.1.1.4"), recent("Same", id: "a", at: "10.1.1.6"),
      recent("Same", id: "b", at: "10.1.1.7"),
    ],
    files: [
      "a.4DLink": link("server_path=\"10.2.2.2:20001\" server_database_name=\"N\""),
      "n.4dlink": link("server_path=\":19813\" server_database_name=\"Shop\""),
      "p.4DLink": link("server_path=\":20000\" server_database_name=\"Other\""),
      "none.4DLink": link("server_path=\":20000\" server_database_name=\"Shop\""),
      "local.4DLink": "<database_shortcut structure_file=\"x\"/>", "bad.4DLink": "<x>",
    ]
  )

  @Test(
    arguments: [
      ("10.0.0.1", "10.0.0.1:19813"), ("10.0.0.1:20000", "10.0.0.1:20000"),
      ("localhost", "localhost:19813"), ("anything:20000", "anything:20000"),
      ("[::1]", "[::1]:19813"), ("[fe80::1]:20000", "[fe80::1]:20000"), ("::1", "[::1]:19813"),
      ("Shop", "10.0.0.5:19813"), ("^Shop", "10.0.0.5:19813"), ("My Data", "10.0.0.8:19813"),
      ("build", "build:19813"), ("build.example.com", "build.example.com:19813"),
      ("Here", "10.1.1.1:19813"), ("Moved", "10.0.0.10:19813"), ("MovedAside", "10.0.0.10:19813"),
      ("Away", "10.1.1.5:20000"), ("a.4DLink", "10.2.2.2:20001"), ("n.4dlink", "10.0.0.5:19813"),
      ("p.4DLink", "10.0.0.9:20000"),
    ]
  )
  func aServerIsFoundByWhateverItIsCalled(text: String, address: String) async throws {
    let target = try await ServerName(text).resolve(with: Self.network)
    #expect(target.address.description == address)
  }

  @Test(
    arguments: [
      ("nobody", ClientError.Code.noServer, "'nobody'"), ("nobody", .noServer, "'Shop'"),
      ("no.such.host", .noServer, "host:port"), ("Other", .noServer, "port 19813"),
      ("none.4DLink", .noServer, "port 20000"), ("Twin", .refused, "10.0.0.6:19813, 10.0.0.7"),
      ("Same", .refused, "10.1.1.6:19813, 10.1.1.7:19813"),
      ("Replaced", .refused, "another server"),
      ("local.4DLink", .localFile, "local project"), ("bad.4DLink", .localFile, "bad.4DLink:1"),
      ("gone.4DLink", .localFile, "gone.4DLink"), ("host:0", .noServer, "'host:0'"),
    ]
  )
  func whatIsNotFoundIsTold(text: String, code: ClientError.Code, part: String) async throws {
    let error = await #expect(throws: ClientError.self) {
      try await ServerName(text).resolve(with: Self.network)
    }
    #expect(error?.code == code)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }
}
