import Foundation
import ProjectModel
import SyncClient
import SyncProtocol
import SyncServer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3)), .serialized) struct DiscoveryTests {
  private func withServer(
    _ publication: Publication? = Publication(name: "Shop"),
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    try await ServerFixture.with(configure: { $0.publication = publication }, body)
  }

  /// Asks this machine by its own broadcast until somebody answers, or for so long.
  private func find(
    _ server: ServerFixture,
    for time: Duration = .seconds(100)
  ) async throws -> [DiscoveredServer] {
    try await DiscoveryClient(port: server.port, interval: .milliseconds(100), isLocal: true)
      .watch(for: time) { $0.isEmpty }
  }

  @Test func aPublishedServerAnswersABroadcastOnItsPort() async throws {
    try await withServer { server in
      let found = try #require(try await find(server).first)
      #expect(found.publicationName == "Shop" && found.shownName == "Shop")
      #expect(found.project == "Demo" && found.serverID == "stub")
      #expect(found.address.description == server.host)
      #expect(found.generation == GenerationID(epoch: StubProject.epoch, gen: 1))
      #expect(found.api == Hello.supportedAPI)
    }
  }

  @Test func aServerThatIsNotPublishedIsSilent() async throws {
    try await withServer(nil) { server in
      let silence = try await find(server, for: .milliseconds(600))
      #expect(silence.isEmpty)
    }
  }

  @Test func aServerThatRefusesNewClientsIsSilentUntilItTakesThemAgain() async throws {
    let refuses = Flag()
    var publication = Publication(name: "Shop")
    publication.isHidden = { refuses.value }
    try await withServer(publication) { server in
      refuses.set(true)
      let silence = try await find(server, for: .milliseconds(600))
      #expect(silence.isEmpty)
      refuses.set(false)
      let found = try await find(server)
      #expect(found.count == 1)
    }
  }

  @Test func whoMayNotConnectGetsNoAnswer() async throws {
    var publication = Publication(name: "Shop")
    publication.rules = AddressRules([.init("127.*", allows: false), .init("*", allows: true)])
    try await withServer(publication) { server in
      let silence = try await find(server, for: .milliseconds(600))
      #expect(silence.isEmpty)
    }
  }

  @Test func theOwnQueryOf4DIsAnsweredOnlyWhenAskedFor() async throws {
    for announces in [true, false] {
      var publication = Publication(name: "Café")
      publication.announcesTo4D = announces
      try await withServer(publication) { server in
        _ = try await find(server)  // It listens now.
        for era in FourDQuery.Era.allCases {
          guard announces else {
            let none = try await Datagrams.ask(
              port: server.port,
              FourDQuery(era).datagram,
              seconds: 0.3
            )
            #expect(none.isEmpty)
            continue
          }
          let bytes = try await Datagrams.answer(port: server.port, FourDQuery(era).datagram)
          #expect(bytes.count <= 96)
          #expect(FourDAnswer(bytes)?.database == "Café")
          #expect(FourDAnswer(bytes)?.era == era)
        }
      }
    }
  }

  @Test func aFloodIsAnsweredSparinglyAndJunkNotAtAll() async throws {
    try await withServer { server in
      _ = try await find(server)
      var random = SystemRandomNumberGenerator()
      let query = DiscoveryQuery(using: &random).datagram
      let junk: [[UInt8]] = [
        [], [0], Array(query.dropLast()), [UInt8](repeating: 0xFF, count: 2_000),
      ]
      for datagram in junk {
        let none = try await Datagrams.ask(port: server.port, datagram, seconds: 0.2)
        #expect(none.isEmpty)
      }
      // It answers again, whatever was asked before.
      _ = try await Datagrams.answer(port: server.port, query)
      let began = ContinuousClock().now
      let answers = try await Datagrams.ask(port: server.port, query, times: 500, seconds: 1)
      let took = (ContinuousClock().now - began) / .seconds(1)
      let most = Double(AnswerLimiter.burst) + took * AnswerLimiter.perSecond + 1
      #expect(Double(answers.count) <= most, "\(answers.count) in \(took) s")
      #expect(answers.allSatisfy { $0.count <= query.count })
    }
  }

  @Test func anAnswerToNoQueryOfOursIsIgnored() async throws {
    let (socket, port) = try Datagrams.takePort(on: 0x7FFF_FFFF)
    defer { close(socket) }
    async let liar: Void = TestClient.onThread {
      let (query, sender) = try Datagrams.receive(on: socket)
      var random = SystemRandomNumberGenerator()
      let asked = try #require(DiscoveryQuery(query))
      for (name, question) in [("Liar", DiscoveryQuery(using: &random)), ("Honest", asked)] {
        let answer = DiscoveryAnswer(
          to: question,
          publicationName: name,
          project: name,
          serverID: name,
          port: port,
          usesTLS: true,
          generation: nil
        )
        Datagrams.send(answer.datagram, on: socket, to: sender)
      }
    }
    let found = try await DiscoveryClient(port: port, isLocal: true).watch(for: .seconds(100)) {
      $0.isEmpty
    }
    try await liar
    #expect(found.map(\.shownName) == ["^Honest"])
  }

  @Test func aServerWhoseUDPPortIsTakenServesAllTheSame() async throws {
    while true {
      let (taken, port) = try Datagrams.takePort()
      defer { close(taken) }
      let configure = { (configuration: inout ServerConfiguration) in
        configuration.address = ServerAddress(host: "127.0.0.1", port: port)
        configuration.publication = Publication(name: "Shop")
      }
      do {
        return try await ServerFixture.with(configure: configure) { server in
          let answer = try await server.ask("GET", Route.hello)
          #expect(answer.status == 200)
        }
      } catch let error as ServerError where error.code == .addressInUse {
        // Some other test has the same number for TCP.
        continue
      }
    }
  }

  @Test func theLimitIsForEachAddressAndFillsUpAgain() throws {
    var limiter = AnswerLimiter()
    let now = ContinuousClock().now
    let one = try #require(IPAddress("10.0.0.1"))
    let other = try #require(IPAddress("10.0.0.2"))
    func admitted(_ address: IPAddress, of count: Int, at time: ContinuousClock.Instant) -> Int {
      (0..<count).count { _ in limiter.admits(address, at: time) }
    }
    #expect(admitted(one, of: 100, at: now) == AnswerLimiter.burst)
    #expect(admitted(other, of: 1, at: now) == 1)
    #expect(admitted(one, of: 1, at: now) == 0)
    #expect(admitted(one, of: 1, at: now + .seconds(1)) == 1)
    let six = try #require(IPAddress("2001:db8::1"))
    let neighbour = try #require(IPAddress("2001:db8::2"))
    #expect(admitted(six, of: 100, at: now) == AnswerLimiter.burst)
    #expect(admitted(neighbour, of: 1, at: now) == 0, "one network, one machine")
  }

  @Test func forgedSendersAreBoundedTogether() throws {
    var limiter = AnswerLimiter()
    let now = ContinuousClock().now
    var admitted = 0
    for number in 0..<20_000 {
      let address = try #require(IPAddress("10.1.\(number / 250).\(number % 250)"))
      if limiter.admits(address, at: now) { admitted += 1 }
    }
    #expect(admitted == 1_000)
  }

  private final class Flag: Sendable {
    private let state = Mutex(false)
    var value: Bool { state.withLock { $0 } }
    func set(_ value: Bool) { state.withLock { $0 = value } }
  }
}

/// Datagrams to a port of this machine, and what comes back.
enum Datagrams {
  /// Binds some free UDP port of this machine.
  static func takePort(on host: UInt32 = 0x7F00_0001) throws -> (descriptor: Int32, port: Int) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(host).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
      }
    }
    try #require(result == 0)
    return (socket, Int(in_port_t(bigEndian: address.sin_port)))
  }

  /// Waits for a datagram, at most 100 seconds.
  static func receive(on socket: Int32) throws -> (bytes: [UInt8], sender: sockaddr_in) {
    var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    var ready = poll(&wait, 1, 100_000)
    while ready < 0, errno == EINTR { ready = poll(&wait, 1, 100_000) }
    try #require(ready == 1)
    var buffer = [UInt8](repeating: 0, count: 4_096)
    var sender = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let count = withUnsafeMutablePointer(to: &sender) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        recvfrom(socket, &buffer, buffer.count, 0, $0, &length)
      }
    }
    try #require(count >= 0)
    return (Array(buffer[..<count]), sender)
  }

  static func send(_ bytes: [UInt8], on socket: Int32, to target: sockaddr_in) {
    withUnsafePointer(to: target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(socket, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// The first answer to a datagram, which is sent until one comes: it may be lost, and a server
  /// answers an address so often and no more.
  static func answer(port: Int, _ datagram: [UInt8]) async throws -> [UInt8] {
    while true {
      try Task.checkCancellation()
      if let answer = try await ask(port: port, datagram, seconds: 0.5).first { return answer }
    }
  }

  /// Sends a datagram so many times, and returns what comes back within a time.
  static func ask(
    port: Int,
    _ datagram: [UInt8],
    times: Int = 1,
    seconds: Double
  ) async throws -> [[UInt8]] {
    try await TestClient.onThread {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      for _ in 0..<times { send(datagram, on: socket, to: address) }
      var found: [[UInt8]] = []
      let end = Date().addingTimeInterval(seconds)
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while found.count < times {
        let left = end.timeIntervalSinceNow
        guard left > 0 else { break }
        var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, Int32(left * 1_000) + 1) > 0 else { continue }
        let count = recv(socket, &buffer, buffer.count, 0)
        if count >= 0 { found.append(Array(buffer[..<count])) }
      }
      return found
    }
  }
}
