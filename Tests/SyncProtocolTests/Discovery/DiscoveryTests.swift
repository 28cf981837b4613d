import SyncProtocol
import Testing

@Suite struct DiscoveryTests {
  private let query: DiscoveryQuery = {
    var generator = SystemRandomNumberGenerator()
    return DiscoveryQuery(using: &generator)
  }()

  private func answer(
    name: String = "Shop",
    project: String = "shop",
    generation: GenerationID? = GenerationID(epoch: 0xABCD_0000_0000_0001, gen: 77)
  ) -> DiscoveryAnswer {
    DiscoveryAnswer(
      to: query,
      publicationName: name,
      project: project,
      serverID: "0123456789abcdef",
      port: 19_813,
      api: .init(min: 1, max: 3),
      usesTLS: true,
      generation: generation
    )
  }

  @Test func aQueryIsPaddedAndReadBack() {
    #expect(query.datagram.count == 512)
    #expect(DiscoveryQuery(query.datagram) == query)
    #expect(DiscoveryQuery(Array(query.datagram.dropLast())) == nil, "a short one is no query")
    var other = query.datagram
    other[8] = 9
    #expect(DiscoveryQuery(other) == nil, "nor is one of another version")
  }

  @Test func noTwoQueriesHaveOneNonce() {
    var generator = SystemRandomNumberGenerator()
    #expect(DiscoveryQuery(using: &generator).nonce != query.nonce)
  }

  @Test func anAnswerIsReadBackWhole() throws {
    let answer = answer()
    let read = try #require(DiscoveryAnswer(answer.datagram))
    #expect(read == answer)
    #expect(read.nonce == query.nonce)
    #expect(DiscoveryAnswer(self.answer(generation: nil).datagram)?.generation == nil)
    #expect(DiscoveryAnswer(answer.datagram + [1, 2, 3]) == answer, "a later version says more")
  }

  @Test(arguments: ["a", "é", "商", "🏪", "e\u{301}", "👩‍👩‍👧‍👦"])
  func noAnswerIsLargerThanTheQueryAndNoCharacterIsCut(character: String) throws {
    let long = "x" + String(repeating: character, count: 400)
    let datagram = answer(name: long, project: long).datagram
    #expect(datagram.count <= query.datagram.count)
    let read = try #require(DiscoveryAnswer(datagram))
    #expect(long.hasPrefix(read.publicationName) && read.publicationName.count > 5)
    #expect(read.publicationName.dropFirst().allSatisfy { String($0) == character })
  }

  @Test func whatSteersATerminalIsTakenOut() {
    let evil = answer(name: "a\u{1B}[2Jb\u{202E}c\nd\u{9B}e", project: "p\u{7}")
    let read = DiscoveryAnswer(evil.datagram)
    #expect(read?.publicationName == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e")
    #expect(read?.project == "p\u{FFFD}")
  }

  @Test func theQueryOf4DIsThreePaddedFields() {
    let quic = FourDQuery(.quic).datagram
    #expect(quic.count == 96)
    #expect(quic[..<32].allSatisfy { $0 == 0 })
    #expect(String(decoding: quic[32..<43], as: UTF8.self) == "4D Server V")
    #expect(String(decoding: quic[64..<81], as: UTF8.self) == "4DQuicNegociation")
    let old = FourDQuery(.serverNet).datagram
    #expect(String(decoding: old[32..<44], as: UTF8.self) == "4D Server II")
    #expect(old[64...].allSatisfy { $0 == 0 })
    for era in FourDQuery.Era.allCases {
      #expect(FourDQuery(FourDQuery(era).datagram)?.era == era)
    }
    #expect(FourDQuery(quic + [0]) == nil)
    #expect(FourDQuery([UInt8](repeating: 0, count: 96)) == nil)
  }

  @Test func theOldAnswerOf4DIsInMacRoman() throws {
    let sent = FourDAnswer(.serverNet, host: "srv", database: "Café ∞ 商店", port: 1)
    #expect(sent.datagram.count == 96)
    #expect(Array(sent.datagram[64..<71]) == [0x43, 0x61, 0x66, 0x8E, 0x20, 0xB0, 0x20])
    let read = try #require(FourDAnswer(sent.datagram))
    #expect(read.database == "Café ∞ ??" && read.host == "srv" && read.port == nil)
    let decomposed = FourDAnswer(.serverNet, host: "", database: "Cafe\u{301}", port: 1).datagram
    #expect(Array(decomposed[64..<68]) == [0x43, 0x61, 0x66, 0x8E])
    let long = FourDAnswer(
      .serverNet,
      host: String(repeating: "h", count: 99),
      database: String(repeating: "d", count: 99),
      port: 1
    )
    #expect(long.datagram.count == 96 && long.datagram[31] == 0 && long.datagram[95] == 0)
  }

  @Test(arguments: [
    "Shop", "Ca\"fé\\", String(repeating: "商", count: 60), "a\u{1}\nb", "🏪🏪🏪🏪🏪🏪🏪🏪🏪🏪",
  ])
  func theNewAnswerOf4DIsJSONNoLongerThanTheQuery(name: String) throws {
    let sent = FourDAnswer(
      .quic,
      host: "a-rather-long-host-name.example",
      database: name,
      port: 19_813
    )
    #expect(sent.datagram.count <= 96)
    let read = try #require(FourDAnswer(Array("junk".utf8) + sent.datagram + Array("junk".utf8)))
    #expect(read.era == .quic && read.port == 19_813)
    #expect(read.database == "Shop" || read.database.hasPrefix(String(name.prefix(1))))
    #expect("a-rather-long-host-name.example".hasPrefix(read.host) && read.host.count >= 10)
  }

  @Test func hostileDatagramsAreSurvived() {
    var generator = Seeded(state: 42)
    let seeds = [
      query.datagram, answer().datagram, FourDQuery(.quic).datagram,
      FourDQuery(.serverNet).datagram,
      FourDAnswer(.quic, host: "h", database: "d", port: 1).datagram,
      FourDAnswer(.serverNet, host: "h", database: "d", port: 1).datagram,
    ]
    for round in 0..<30_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 0...6, using: &generator) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = .random(in: 0 ... .max, using: &generator)
        case 1: bytes.removeLast(bytes.count - place)
        case 2: bytes.insert(.random(in: 0 ... .max, using: &generator), at: place)
        default: bytes += bytes[place...]
        }
      }
      _ = DiscoveryQuery(bytes)
      _ = FourDQuery(bytes)
      if let answer = DiscoveryAnswer(bytes) {
        #expect(bytes.count <= 512 && answer.port > 0 && answer.datagram.count <= 512)
        let names = answer.publicationName + answer.project + answer.serverID
        #expect(!names.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
      }
      if let answer = FourDAnswer(bytes) { #expect(answer.datagram.count <= 96) }
    }
  }

  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }
}
