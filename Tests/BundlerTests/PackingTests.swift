import Bundler
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct PackingTests {
  private let project: TestProject

  init() throws { project = try TestProject() }

  private func member(_ path: String) async throws -> Member {
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    return try #require(snapshot.manifest.member(at: ProjectPath(path), kind: .file))
  }

  @Test func textIsDeflated() async throws {
    try project.root.write("Project/a.4dm", String(repeating: "ALERT(\"hello\")\n", count: 100))
    let member = try await member("Project/a.4dm")
    #expect(member.method == .deflated)
    #expect(member.size == 1500)
    #expect(member.packedSize < 100)
    #expect(member.content != member.packed)
  }

  @Test(arguments: [0, 1, 2, 3, 8])
  func whatDoesNotGetSmallerIsStored(count: Int) async throws {
    try project.root.write("Project/a", bytes: Array(repeating: 0x7b, count: count))
    let member = try await member("Project/a")
    #expect(member.method == (count < 5 ? .stored : .deflated))
    #expect(member.size == UInt64(count))
  }

  @Test(arguments: ["a.zip", "a.ZIP", "a.4DZ", ".gz", "b.jpeg", "c.WoFF2", "d.7z"])
  func namesOfPackedFormatsAreStored(name: String) async throws {
    try project.root.write("Project/\(name)", String(repeating: "a", count: 5000))
    #expect(try await member("Project/\(name)").method == .stored)
  }

  @Test(arguments: ["zip", "a.zip.txt", "a.zip2", "a.png", "agz"])
  func otherNamesAreDeflated(name: String) async throws {
    try project.root.write("Project/\(name)", String(repeating: "a", count: 5000))
    #expect(try await member("Project/\(name)").method == .deflated)
  }

  /// Sizes around the chunks in which files are read, compressible and not.
  @Test(arguments: [262_143, 262_144, 262_145, 524_288, 600_001], [true, false])
  func chunksDoNotShowInTheBytes(size: Int, isText: Bool) async throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let bytes = (0..<size).map { _ in
      UInt8(truncatingIfNeeded: generator.next()) % (isText ? 9 : 255)
    }
    try project.root.write("Project/a.bin", bytes: bytes)
    let builder = BundleBuilder(root: project.root.path)
    let expected = try Oracle().bundle(of: project.root.path)
    let built = try await builder.build()
    #expect(built.manifest.digest.hex == expected.digest)
    // Read again in an update, where it takes the other way through memory.
    try project.root.write("Project/a.bin", "x")
    _ = try await builder.update([.path(ProjectPath("Project/a.bin"))])
    try project.root.write("Project/a.bin", bytes: bytes)
    let updated = try await builder.update([.path(ProjectPath("Project/a.bin"))])
    #expect(updated.manifest.digest == built.manifest.digest)
    try writeBundle(updated, to: project.output.full("a.4dz"))
    #expect(try project.output.read("a.4dz") == expected.archive)
  }

  @Test func membersComeInTheOrderOfTheFormat() async throws {
    for name in ["a", "a.b/x", "a.b0", "a0", "B", "b/c/d", "b/c.d", "b/z"] {
      try project.root.write("Project/\(name)")
    }
    try project.root.folder("Project/empty")
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let expected = [
      "Project/", "Project/B", "Project/Test.4DProject", "Project/a", "Project/a.b0", "Project/a0",
      "Project/a.b/", "Project/a.b/x", "Project/b/", "Project/b/c.d", "Project/b/z",
      "Project/b/c/", "Project/b/c/d", "Project/empty/",
    ]
    #expect(
      snapshot.manifest.members.map { $0.path.display + ($0.isFolder ? "/" : "") } == expected
    )
  }

  @Test(arguments: [
    (Double(-86_400), UInt32(0x0021_0000)), (315_532_799, 0x0021_0000), (315_532_801, 0x0021_0000),
    (951_782_399, 0x285c_bf7d), (951_782_400, 0x285d_0000), (4_107_542_400, 0xf061_0000),
    (4_354_819_199, 0xff9f_bf7d), (4_354_819_200, 0xff9f_bf7d),
  ])
  func fileTimesAreUTCAndClamped(seconds: Double, time: UInt32) async throws {
    try project.root.write("Project/a")
    try project.root.touch("Project/a", seconds)
    let options = BundleOptions(timestamps: .file)
    let snapshot = try await BundleBuilder(root: project.root.path, options: options).build()
    #expect(snapshot.manifest.member(at: ProjectPath("Project/a"), kind: .file)?.time == time)
  }
}
