import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct ReaderTests {
  private let project: TestProject
  private let archive: [UInt8]
  private let manifest: Manifest

  init() async throws {
    project = try TestProject()
    try project.root.write("Project/a.4dm", String(repeating: "ALERT(1)\n", count: 60))
    try project.root.write("Project/Sources/b.zip", "PK stored")
    try project.root.write("Project/Sources/c", bytes: (0..<200).map { UInt8($0) })
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    try writeBundle(snapshot, to: project.output.full("good.4dz"))
    archive = try project.output.read("good.4dz")
    manifest = snapshot.manifest
  }

  private func error(_ bytes: [UInt8]) throws -> BundleError? {
    try project.output.write("x.4dz", bytes: bytes)
    do {
      _ = try verifyBundle(at: project.output.full("x.4dz"))
      return nil
    } catch {
      return error
    }
  }

  @Test func aBundleIsReadBackWithItsDigest() throws {
    let read = try verifyBundle(at: project.output.full("good.4dz"))
    #expect(read.digest == manifest.digest)
    #expect(read.encoded() == manifest.encoded())
    #expect(read.archiveSize == UInt64(archive.count))
  }

  /// Whatever happens to the bytes: an error, or the very manifest; never a crash.
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func mutatedArchivesAreRefusedOrTheSame(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let steps =
      ProcessInfo.processInfo.environment["SYNCD_MUTATIONS"].flatMap { Int($0) } ?? 700
    for _ in 0..<steps {
      var bytes = archive
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 1: bytes[place] = [0, 0xff, 0x7f, 0x80].randomElement(using: &generator) ?? 0
        case 2: bytes.removeLast(bytes.count - max(1, place))
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 4: bytes.remove(at: place)
        default:
          let other = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[place] = bytes[other]
        }
        if bytes.isEmpty { bytes = [0] }
      }
      if bytes == archive { continue }
      #expect(try error(bytes) != nil)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    for count in 0..<archive.count where count < 100 || count % 7 == 0 {
      #expect(try error(Array(archive[..<count])) != nil)
    }
  }

  @Test func aProtectedArchiveIsRecognised() throws {
    var bytes = archive
    bytes.replaceSubrange((bytes.count - 22)..<(bytes.count - 18), with: [0x11, 0x12, 9, 8])
    let error = try error(bytes)
    #expect(error?.code == .protectedArchive)
    #expect(error?.description.contains("protected archive of 4D") == true)
  }

  @Test func whatIsNoArchiveIsSaid() throws {
    #expect(try error(Array("hello, this is a text file".utf8))?.code == .notABundle)
    #expect(try error([])?.code == .notABundle)
    #expect(throws: BundleError.self) { try verifyBundle(at: project.root.path) }
    #expect(throws: BundleError.self) { try verifyBundle(at: project.root.full("none")) }
  }

  /// Archives of other programs work elsewhere, but have no digest here.
  @Test(arguments: [
    ("z.write('Project'); z.write('Project/a.4dm')", "is not marked as UTF-8"),
    ("z.writestr('../x', 'y')", "is not marked as UTF-8"),
    ("z.comment = b'hi'; z.write('Project')", "has a comment"),
  ])
  func anArchiveOfAnotherProgramIsToldApart(program: String, difference: String) throws {
    let file = project.output.full("other.4dz")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = URL(fileURLWithPath: project.root.path)
    process.arguments = [
      "python3", "-c",
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED); \(program); z.close()",
      file,
    ]
    try process.run()
    process.waitUntilExit()
    let error = try error(try project.output.read("other.4dz"))
    #expect(error?.code == .notCanonical)
    #expect(error?.description.contains("but not in the form that syncd writes") == true)
    #expect(error?.description.contains(difference) == true, "\(String(describing: error))")
  }
}
