import Bundler
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct ManifestTests {
  private static let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private static let some = "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
  private static let header = "syncd-manifest 1 profile=full timestamps=constant\n"

  private static func folder(_ name: String) -> String {
    "folder\tstored\t00210000\t00000000\t0\t0\t\(none)\t\(none)\t\(name)\n"
  }

  private static func file(_ name: String) -> String {
    "file\tstored\t00210000\tdda1b006\t3\t3\t\(some)\t\(some)\t\(name)\n"
  }

  private static let start = header + folder("Project")

  private func decode(_ text: String) throws -> Manifest {
    try Manifest(decoding: Array(text.utf8))
  }

  @Test func whatWasEncodedIsDecoded() throws {
    let text = Self.start + Self.file("Project/a\\x0A\\x5C\\x7Fü") + Self.folder("Project/b")
    let manifest = try decode(text)
    #expect(String(decoding: manifest.encoded(), as: UTF8.self) == text)
    #expect(manifest.members[1].path == ProjectPath("Project/a\n\\\u{7f}ü"))
  }

  @Test func theDigestDependsOnEveryLineAndTheHeader() throws {
    let a = try decode(Self.start + Self.file("Project/a")).digest
    let b = try decode(Self.start + Self.file("Project/b")).digest
    let c = try decode(
      (Self.start + Self.file("Project/a")).replacing(
        "timestamps=constant",
        with: "timestamps=file"
      )
    )
    #expect(Set([a, b, c.digest]).count == 3)
  }

  @Test(arguments: [
    "", "\n", "hello\n", header, String(start.dropLast()), start + "\n",
    header.replacing("manifest 1", with: "manifest 2") + folder("Project"),
    header.replacing("full", with: "all") + folder("Project"),
    // The tree
    header + file("Project"), header + folder("Other"), header + folder(""),
    header + folder("Project/"), header + folder("/Project"),
    start + folder("Project"), start + file("Project/b") + file("Project/a"),
    start + file("Project/a") + file("Project/a"), start + folder("Project/a") + file("Project/b"),
    start + file("Project/a/b"), start + file("Project/a") + file("Project/a/b"),
    // Names
    start + file("Project/../x"), start + file("Project/./x"), start + file("Project//x"),
    start + file("Project/x/"), start + file("/etc/passwd"), start + file("Projectx"),
    start + file("Project/\\x41"), start + file("Project/\\x0a"), start + file("Project/\\"),
    start + file("Project/\\n"), start + file("Project/\\x0"), start + file("Project/a\\x00"),
    start + file("Project/a\u{7f}"), start + file("Project/a\r"),
    start + file("Project/" + String(repeating: "a", count: 65_530)),
    // Fields
    start + file("Project/a").replacing("file\t", with: "link\t"),
    start + file("Project/a").replacing("stored", with: "deflated"),
    start + file("Project/a").replacing("stored", with: "lzma"),
    start + file("Project/a").replacing("00210000", with: "00210001"),
    start + file("Project/a").replacing("dda1b006", with: "DDA1B006"),
    start + file("Project/a").replacing("\t3\t3\t", with: "\t03\t03\t"),
    start + file("Project/a").replacing("\t3\t3\t", with: "\t3\t2\t"),
    start + file("Project/a").replacing("\t3\t3\t", with: "\t+3\t+3\t"),
    start
      + file("Project/a").replacing(
        "\t3\t3\t",
        with: "\t99999999999999999999\t99999999999999999999\t"
      ),
    start
      + file("Project/a").replacing(
        "\t3\t3\t",
        with: "\t18446744073709551615\t18446744073709551615\t"
      ),
    start + file("Project/a").replacing("\t3\t3\t", with: "\t0\t0\t"),
    start + file("Project/a").replacing("ca3d", with: "CA3D"),
    start
      + "file\tdeflated\t00210000\tdda1b006\t4000000000\t20\t\(some)\t\(none)\tProject/a\n",
    start + "file\tdeflated\t00210000\tdda1b006\t40\t20\t\(some)\t\(none)\tProject/a.zip\n",
    start + folder("Project/a").replacing("00000000", with: "00000001"),
  ])
  func whatIsNotCanonicalIsRefused(text: String) {
    #expect(throws: BundleError.self) { try decode(text) }
  }

  @Test func namesThatAreNotUTF8AreRefused() {
    let bytes = Array((Self.start + Self.file("Project/a")).utf8).dropLast() + [0xff, 0x0a]
    #expect(throws: BundleError.self) { try Manifest(decoding: Array(bytes)) }
  }

  @Test(arguments: [UInt64(1), 2])
  func mutatedManifestsAreRefusedOrReadAsTheyAre(seed: UInt64) throws {
    var text = Self.start
    for number in 10..<30 { text += Self.file("Project/a\(number)") }
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      var bytes = Array(text.utf8)
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      case 1: bytes.remove(at: place)
      default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      }
      if let manifest = try? Manifest(decoding: bytes) { #expect(manifest.encoded() == bytes) }
    }
  }

  @Test func digestsAreThoseOfSHA256() {
    #expect(SHA256.empty.hex == Self.none)
    #expect(SHA256.digest(of: Array("{}\n".utf8)).hex == Self.some)
    let hasher = SHA256Hasher()
    for part in ["{", "}", "\n"] { hasher.update(Array(part.utf8)) }
    #expect(hasher.finish().hex == Self.some)
    #expect(hasher.finish().hex == Self.none)
    // The words of a digest are its bytes: what goes in by word comes out by byte.
    hasher.update(SHA256.empty)
    #expect(hasher.finish() == SHA256.digest(of: SHA256.empty.bytes))
    #expect(Digest(bytes: SHA256.empty.bytes) == SHA256.empty)
  }
}
