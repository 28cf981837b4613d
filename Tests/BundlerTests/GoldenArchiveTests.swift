import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct GoldenArchiveTests {
  /// A project small enough to check each byte by hand.
  @Test func tinyTreeHasTheBytesOfTheFormat() async throws {
    let project = try TestProject()
    try project.root.remove("Project/Test.4DProject")
    try project.root.write("Project/a.4DProject", "{}")
    try project.root.folder("Project/E")
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let file = project.output.full("out.4dz")
    try writeBundle(snapshot, to: file)

    let name = hex("Project/"), file1 = hex("Project/a.4DProject"), empty = hex("Project/E/")
    let zeros = "00000000" + "00000000" + "00000000"
    let expected =
      // Project/: stored, 1980-01-01 00:00, no content, a name of 8 bytes.
      "504b0304" + "1400" + "0008" + "0000" + "0000" + "2100" + zeros + "0800" + "0000" + name
      // a.4DProject: stored, since two bytes do not get smaller; CRC-32 0xa3a6bf43.
      + "504b0304" + "1400" + "0008" + "0000" + "0000" + "2100" + "43bfa6a3" + "02000000"
      + "02000000" + "1300" + "0000" + file1 + hex("{}")
      + "504b0304" + "1400" + "0008" + "0000" + "0000" + "2100" + zeros + "0a00" + "0000" + empty
      // The directory: made by 6.3 on Unix; no extra field, comment, disk or internal attribute.
      + "504b0102" + "3f03" + "1400" + "0008" + "0000" + "0000" + "2100" + zeros + "0800" + "0000"
      + "0000" + "0000" + "0000" + "0000ff41" + "00000000" + name
      + "504b0102" + "3f03" + "1400" + "0008" + "0000" + "0000" + "2100" + "43bfa6a3" + "02000000"
      + "02000000" + "1300" + "0000" + "0000" + "0000" + "0000" + "0000a481" + "26000000" + file1
      + "504b0102" + "3f03" + "1400" + "0008" + "0000" + "0000" + "2100" + zeros + "0a00" + "0000"
      + "0000" + "0000" + "0000" + "0000ff41" + "59000000" + empty
      // Three members, a directory of 175 bytes at 129, no comment.
      + "504b0506" + "0000" + "0000" + "0300" + "0300" + "af000000" + "81000000" + "0000"
    #expect(hex(try project.output.read("out.4dz")) == expected)
  }

  @Test func manifestOfATinyTreeHasItsCanonicalText() async throws {
    let project = try TestProject()
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let content = "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
    let expected = """
      syncd-manifest 1 profile=full timestamps=constant
      folder\tstored\t00210000\t00000000\t0\t0\t\(none)\t\(none)\tProject
      file\tstored\t00210000\tdda1b006\t3\t3\t\(content)\t\(content)\tProject/Test.4DProject

      """
    #expect(String(decoding: snapshot.manifest.encoded(), as: UTF8.self) == expected)
    #expect(snapshot.manifest.digest.hex == (try Oracle().bundle(of: project.root.path).digest))
  }

  /// The programs that people have read it too.
  @Test func otherProgramsReadTheArchive() async throws {
    let project = try TestProject()
    try project.root.write("Project/Sources/Größe %2F.4dm", String(repeating: "ALERT\n", count: 90))
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let file = project.output.full("out.4dz")
    try writeBundle(snapshot, to: file)
    let program =
      "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)"
    #expect(try status(of: ["python3", "-c", program, file]) == 0)
    if try status(of: ["which", "unzip"]) == 0 {
      #expect(try status(of: ["unzip", "-tq", file]) == 0)
    }
  }

  private func status(of command: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func hex(_ text: String) -> String { hex(Array(text.utf8)) }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
