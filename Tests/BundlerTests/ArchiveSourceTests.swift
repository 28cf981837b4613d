import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct ArchiveSourceTests {
  private let project: TestProject
  private let file: String

  init() throws {
    project = try TestProject()
    file = project.output.full("App.4dz")
    try project.root.write("Project/Sources/catalog.4DCatalog", "<base/>")
    try project.root.write("Project/Sources/Methods/a.4dm", String(repeating: "ALERT\n", count: 90))
    try project.root.write("Project/Sources/Forms/F/Images/p.png", bytes: [1, 2, 3])
    try project.root.folder("Project/Sources/Triggers")
  }

  private func pack(_ rule: TimestampRule = .constant) async throws -> Manifest {
    let builder = BundleBuilder(root: project.root.path, options: BundleOptions(timestamps: rule))
    let snapshot = try await builder.build()
    try writeBundle(snapshot, to: file)
    return snapshot.manifest
  }

  /// Runs lines of Python with an open archive `z` and the project's folder as the current one.
  private func zip(_ lines: String, to name: String = "App.4dz") throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = URL(fileURLWithPath: project.root.path)
    let program =
      "import sys,os,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED)\n"
      + "\(lines)\nz.close()"
    process.arguments = ["python3", "-c", program, project.output.full(name)]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private static let everything = """
    for folder, _, names in sorted(os.walk('Project')):
      for name in names: z.write(os.path.join(folder, name))
    """

  private func error(_ source: ArchiveSource) async -> BundleError? {
    do throws(BundleError) {
      _ = try await source.update([])
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [TimestampRule.constant, .file])
  func anArchiveOfOursComesOutAsItIs(rule: TimestampRule) async throws {
    let manifest = try await pack(rule)
    let snapshot = try await ArchiveSource(path: file).build()
    #expect(snapshot.manifest.encoded() == manifest.encoded())
    let store = try BundleStore(folder: project.output.path)
    let bundle = try await store.publish(snapshot)
    #expect(try bundle.read(at: 0, count: Int(bundle.size)) == project.output.read("App.4dz"))
  }

  @Test func anArchiveOfAnotherProgramGetsOurFormAndKeepsItsMembers() async throws {
    try project.root.write("Project/.DS_Store", "junk that its builder packed")
    try project.root.write("Project/Trash/x.4dm", "//")
    try zip(Self.everything)
    let snapshot = try await ArchiveSource(path: file).build()
    let store = try BundleStore(folder: project.output.path)
    let bundle = try await store.publish(snapshot)
    let read = try verifyBundle(at: bundle.path)
    #expect(read.digest == snapshot.manifest.digest)
    // Python packs no entries of folders.
    #expect(
      read.members.map(\.path.display) == [
        "Project", "Project/.DS_Store", "Project/Test.4DProject", "Project/Sources",
        "Project/Sources/catalog.4DCatalog", "Project/Sources/Forms", "Project/Sources/Forms/F",
        "Project/Sources/Forms/F/Images", "Project/Sources/Forms/F/Images/p.png",
        "Project/Sources/Methods", "Project/Sources/Methods/a.4dm", "Project/Trash",
        "Project/Trash/x.4dm",
      ]
    )
    let catalog = try await store.content(of: ProjectLayout.catalog, in: read.digest)
    #expect(catalog == Array("<base/>".utf8))
    #expect(try await store.content(of: ProjectLayout.roles, in: read.digest) == nil)
  }

  /// Contents around the size of the pieces in which they are packed.
  @Test(arguments: [262_143, 262_144, 262_145, 700_001])
  func largeMembersArePackedAsABuildPacksThem(size: Int) async throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let text = (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next()) % 9 }
    try project.root.write("Project/text.bin", bytes: text)
    let noise = (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    try project.root.write("Project/noise.bin", bytes: noise)
    try project.root.remove("Project/Sources/Triggers")
    try zip(Self.everything)
    let built = try await BundleBuilder(root: project.root.path).build()
    let snapshot = try await ArchiveSource(path: file).build()
    #expect(snapshot.manifest.digest == built.manifest.digest)
  }

  @Test func aReplacedArchiveIsReadAndABrokenOneIsNot() async throws {
    let first = try await pack()
    let source = ArchiveSource(path: file)
    #expect(try await source.build().manifest.digest == first.digest)
    #expect(try await source.update([]).manifest.digest == first.digest)
    try project.root.write("Project/Sources/Methods/b.4dm", "//")
    let second = try await pack()
    #expect(try await source.update([]).manifest.digest == second.digest)
    let bytes = try project.output.read("App.4dz")
    try project.output.write("App.4dz", bytes: Array(bytes.dropLast(100)))
    #expect(await error(source)?.code == .damaged)
    try project.output.remove("App.4dz")
    #expect(await error(source)?.code == .projectMissing)
    try project.output.write("App.4dz", bytes: bytes)
    #expect(try await source.update([]).manifest.digest == second.digest)
  }

  @Test func whatIsKnownIsNotPackedAgainAndComesFromTheLastBundle() async throws {
    let store = try BundleStore(folder: project.output.path)
    _ = try await pack()
    let source = ArchiveSource(path: file)
    let first = try await store.publish(try await source.build())
    try project.root.write("Project/Sources/Methods/b.4dm", "// new")
    let second = try await pack()
    let bundle = try await store.publish(try await source.update([]))
    #expect(try bundle.read(at: 0, count: Int(bundle.size)) == project.output.read("App.4dz"))
    #expect(bundle.digest == second.digest)
    #expect(try await store.delta(from: first.digest, to: bundle.digest).size > 0)
    // After a restart.
    let resumed = try await ArchiveSource(path: file).resume(from: bundle, index: nil)
    #expect(resumed.manifest.digest == second.digest)
  }

  @Test(arguments: [
    ("z.writestr('Project/../x', 'y')", BundleError.Code.notCanonical),
    ("z.writestr('Project//x', 'y')", .notCanonical),
    ("z.writestr('Project/x', 'y'); z.writestr('Project/x', 'y')", .notCanonical),
    ("z.writestr('Project/x', 'y', zipfile.ZIP_BZIP2)", .unsupported),
    ("z.comment = b'hello'; z.writestr('Project/x', 'y')", .notCanonical),
    ("z.writestr('x', 'y')", .notCanonical),
  ])
  func aHostileArchiveIsRefused(lines: String, code: BundleError.Code) async throws {
    try zip(lines)
    #expect(await error(ArchiveSource(path: file))?.code == code)
  }

  @Test func whatIsNotOfTheProjectIsLeftOutAndSaid() async throws {
    try zip(
      Self.everything
        + """

        z.writestr('__MACOSX/._x', 'y')
        link = zipfile.ZipInfo('Project/link')
        link.create_system = 3
        link.external_attr = 0o120777 << 16
        z.writestr(link, '/etc/passwd')
        """
    )
    let snapshot = try await ArchiveSource(path: file).build()
    #expect(Set(snapshot.problems.map(\.rule)) == ["outside-project", "symbolic-link"])
    #expect(!snapshot.manifest.members.contains { $0.path.display.hasSuffix("link") })
  }

  /// Whoever writes to a pipe knows the sizes at the end alone.
  @Test func anArchiveWithDataDescriptorsIsRead() async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.currentDirectoryURL = URL(fileURLWithPath: project.root.path)
    process.arguments = ["-c", "zip -q -r - Project | cat > \"$0\"", file]
    try process.run()
    process.waitUntilExit()
    let built = try await BundleBuilder(root: project.root.path).build()
    #expect(try await ArchiveSource(path: file).build().manifest.digest == built.manifest.digest)
  }

  /// Whatever happens to the bytes: an error or a bundle, never a crash or another content unseen.
  @Test(arguments: [UInt64(1), 2, 3])
  func mutatedArchivesAreRefusedOrSound(seed: UInt64) async throws {
    try zip(Self.everything)
    let good = try await ArchiveSource(path: file).build().manifest.digest
    let archive = try project.output.read("App.4dz")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<150 {
      var bytes = archive
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      case 1: bytes.removeLast(bytes.count - place)
      default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      }
      try project.output.write("App.4dz", bytes: bytes)
      guard let snapshot = try? await ArchiveSource(path: file).build() else { continue }
      // A bit of the attributes can make a file a link, which is left out.
      let isLink = snapshot.problems.contains { $0.rule == "symbolic-link" }
      #expect(snapshot.manifest.digest == good || isLink, "seed \(seed)")
    }
  }

  @Test func singleFilesAreReadOutOfAnArchive() throws {
    try zip(Self.everything)
    let opened = try OpenedArchive(path: file)
    #expect(opened.files.contains(ProjectLayout.catalog))
    #expect(try opened.content(of: ProjectLayout.catalog) == Array("<base/>".utf8))
    #expect(try opened.content(of: ProjectLayout.roles) == nil)
    #expect(throws: BundleError.self) { try OpenedArchive(path: project.root.path) }
  }
}
