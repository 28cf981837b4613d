import Bundler
import Foundation
import ProjectModel
import Testing

/// What comes over the line is anybody's: a delta is applied whole and right, or not at all.
@Suite(.timeLimit(.minutes(longestTest))) struct DeltaApplierTests {
  private let root: TemporaryFolder
  private let base: BundleFile
  private let target: Digest
  private let delta: [UInt8]
  private let expected: [UInt8]

  init() async throws {
    var published = try PublishedProject()
    root = published.project.root
    try root.write("Project/form", sourceText(40_000, seed: 1))
    try root.write("Project/gone/x", "going")
    let first = try await published.publish([.subtree(.root)])
    try root.write("Project/form", sourceText(40_000, seed: 1).replacing("$value1", with: "$v"))
    try root.write("Project/noise", bytes: noise(3_000, seed: 1))
    try root.remove("Project/gone")
    target = try await published.publish([.subtree(.root)])
    base = try await published.store.wholeBundle(first)
    delta = try await published.store.delta(from: first, to: target).bytes()
    expected = try #require(published.archive(target))
  }

  private var path: String { root.full("app.4dz") }

  private func error(_ bytes: [UInt8], base other: BundleFile? = nil) throws -> BundleError? {
    do {
      _ = try apply(bytes, to: other ?? base, target: target, writing: path, pieces: 777)
      return nil
    } catch {
      return try #require(error as? BundleError)
    }
  }

  /// Cut anywhere, it goes on from its last whole frame, in the same process or another.
  @Test func aDeltaIsResumedAfterItsLastWholeFrame() throws {
    for cut in stride(from: 0, to: delta.count, by: 97) {
      let applier = DeltaApplier(base: base, target: target, to: path)
      try applier.feed(delta[..<cut])
      #expect(applier.received == UInt64(cut))
      #expect(applier.resumeOffset <= UInt64(cut))
      #expect(!applier.isComplete)
      #expect(throws: BundleError.self) { try applier.finish() }
      applier.discardPartialFrame()
      #expect(applier.received == applier.resumeOffset)
      try applier.feed(delta[Int(applier.resumeOffset)...])
      #expect(applier.isComplete)
      #expect(try applier.finish().bytes() == expected)
      #expect(throws: BundleError.self) { try applier.finish() }
    }
  }

  @Test func aTornFrameIsReplacedByASoundOne() throws {
    let applier = DeltaApplier(base: base, target: target, to: path)
    var torn = delta
    torn[torn.count - 20] ^= 1
    let error = #expect(throws: BundleError.self) { try applier.feed(torn) }
    #expect(error?.code == .damaged)
    #expect(applier.resumeOffset > 0)
    applier.discardPartialFrame()
    try applier.feed(delta[Int(applier.resumeOffset)...])
    #expect(try applier.finish().bytes() == expected)
  }

  @Test func everyTruncationAndEveryTailIsRefused() throws {
    try root.write("app.4dz", "the old one")
    for count in stride(from: 0, to: delta.count, by: 61) {
      #expect(try error(Array(delta[..<count])) != nil)
    }
    for tail in [[0], [0x50, 0, 0, 0, 0], Array(delta.suffix(300)), delta] {
      #expect(try error(delta + tail) != nil)
    }
    #expect(try root.read("app.4dz") == Array("the old one".utf8))
    let left = try FileManager.default.contentsOfDirectory(atPath: root.path)
    #expect(!left.contains { $0.hasPrefix(".syncd-new-") })
  }

  @Test func anotherBaseOrTargetIsToldApart() throws {
    let elsewhere = try apply(delta, to: base, target: target, writing: root.full("new.4dz"))
    #expect(try error(delta, base: elsewhere)?.code == .wrongBase)
    let applier = DeltaApplier(base: base, target: base.digest, to: path)
    let error = #expect(throws: BundleError.self) { try applier.feed(delta) }
    #expect(error?.code == .wrongBase)
    let small = DeltaApplier(base: base, target: target, to: path, largest: 1000)
    let refused = #expect(throws: BundleError.self) { try small.feed(delta) }
    #expect(refused?.code == .unsupported)
  }

  /// Whichever byte of the old members is damaged: it is found, and the name of the member said.
  @Test func aDamagedBaseIsFound() throws {
    let bytes = try base.bytes()
    for place in stride(from: 60, to: bytes.count, by: 101) {
      var damaged = bytes
      damaged[place] ^= 4
      try root.write("base.4dz", bytes: damaged)
      let base = try BundleFile(path: root.full("base.4dz"), manifest: base.manifest)
      // Headers and directory are made anew, so damage there is healed.
      guard let error = try error(delta, base: base) else {
        #expect(try root.read("app.4dz") == expected)
        continue
      }
      #expect(error.code == .damagedBase)
      #expect(error.path.hasPrefix("Project/"))
    }
    var form = bytes
    form[bytes.count / 2] ^= 4
    try root.write("base.4dz", bytes: form)
    let broken = try BundleFile(path: root.full("base.4dz"), manifest: base.manifest)
    #expect(try error(delta, base: broken)?.code == .damagedBase)
  }

  /// Bytes changed anywhere, with and without sound checksums around them.
  @Test(arguments: [UInt64(1), 2, 3])
  func mutatedDeltasAreRefusedOrTheSame(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let frames = Frames(delta)
    for round in 0..<(100 * fuzzRounds) {
      var bytes = delta
      if round % 4 == 0 {
        Self.mutate(&bytes, &generator)
      } else {
        var changed = frames
        changed.mutate(&generator) { Self.mutate(&$0, &$1) }
        bytes = changed.joined()
      }
      guard try error(bytes) == nil else { continue }
      try #require(try root.read("app.4dz") == expected, "seed \(seed), round \(round)")
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      if bytes.isEmpty { bytes = [0] }
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      case 1: bytes[place] = [0, 0xff, 0x7f, 0x80].randomElement(using: &generator) ?? 0
      case 2: bytes.removeLast(bytes.count - max(1, place))
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      case 4: bytes.remove(at: place)
      default: bytes[place] = bytes[Int.random(in: 0..<bytes.count, using: &generator)]
      }
    }
  }

  /// Sizes that nobody has are not believed before bytes come.
  @Test func hugeSizesAreRefusedAtOnce() throws {
    var frames = Frames(delta)
    // Header: magic, two digests, then the sizes of the archives and of the edits.
    for place in [79, 87, 91, 95] where place < frames.payloads[0].bytes.count {
      var changed = frames
      changed.payloads[0].bytes[place] = 0xff
      #expect(try error(changed.joined()) != nil)
    }
    var long = frames
    long.payloads[0].length = 0x7fff_ffff
    #expect(try error(long.joined())?.code == .damaged)
    // A script that says it copies far more than the content has.
    let index = try #require(frames.payloads.firstIndex { $0.kind == 0x43 })
    frames.payloads[index].bytes.replaceSubrange(4..<8, with: [0xff, 0xff, 0xff, 0x7f])
    #expect(try error(frames.joined())?.code == .damaged)
  }
}

/// A delta taken apart by an own reading of its format, to be put together with sound checksums.
private struct Frames {
  struct Frame {
    var kind: UInt8
    var bytes: [UInt8]
    var length: UInt32?
  }

  var payloads: [Frame] = []

  init(_ delta: [UInt8]) {
    var rest = delta[...]
    while rest.count >= 9 {
      let start = rest.startIndex
      let length = (1...4).reversed().reduce(0) { $0 << 8 | Int(rest[start + $1]) }
      payloads.append(
        Frame(kind: rest[start], bytes: Array(rest[(start + 5)..<(start + 5 + length)]))
      )
      rest = rest.dropFirst(length + 9)
    }
  }

  mutating func mutate(
    _ generator: inout SeededGenerator,
    _ change: (inout [UInt8], inout SeededGenerator) -> Void
  ) {
    let index = Int.random(in: 0..<payloads.count, using: &generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: payloads.remove(at: index)
    case 1: payloads.insert(payloads[index], at: index)
    case 2: payloads.swapAt(index, Int.random(in: 0..<payloads.count, using: &generator))
    case 3: payloads[index].kind = [0x48, 0x45, 0x50, 0x43].randomElement(using: &generator) ?? 0
    default: change(&payloads[index].bytes, &generator)
    }
  }

  func joined() -> [UInt8] {
    payloads.flatMap { frame in
      let length = frame.length ?? UInt32(frame.bytes.count)
      let body = [frame.kind] + Self.little(length) + frame.bytes
      return body + Self.little(Self.crc(body))
    }
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
