import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct Zip64Tests {
  /// 65,535 members are the first that the short end record cannot count.
  @Test func theEndRecordGrowsExactlyAtTheBoundary() async throws {
    let project = try TestProject()
    let oracle = try Oracle()
    let builder = BundleBuilder(root: project.root.path)
    // With Project and the .4DProject 65,533 members: 4913 is a name that editors leave behind.
    for number in 0..<65_532 {
      close(creat(project.root.full("Project/\(number)"), 0o600))
    }
    var snapshot = try await builder.build()
    for count in 65_534...65_536 {
      let name = "Project/x\(count)"
      try project.root.write(name)
      snapshot = try await builder.update([.path(ProjectPath(name))])
      #expect(snapshot.manifest.members.count == count)
      try writeBundle(snapshot, to: project.output.full("out.4dz"))
      let bytes = try project.output.read("out.4dz")
      #expect((Array(bytes.suffix(98).prefix(4)) == [0x50, 0x4b, 6, 6]) == (count >= 65_535))
      #expect(bytes.count == Int(snapshot.manifest.archiveSize))
      if count == 65_535 {
        let expected = try oracle.bundle(of: project.root.path)
        #expect(snapshot.manifest.digest.hex == expected.digest)
        #expect(Data(bytes) == Data(expected.archive))
      }
    }
    let read = try verifyBundle(at: project.output.full("out.4dz"))
    #expect(read.digest == snapshot.manifest.digest)
  }

  /// A member of more than 4 GiB, and one behind it; needs half a minute.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SYNCD_LARGE_FILES"] != nil))
  func aMemberOfMoreThan4GiBHasItsSizesIn64Bits() async throws {
    let project = try TestProject()
    let size: off_t = 4 << 30 + 5
    for name in ["a", "b.zip"] {
      try project.root.write("Project/\(name)", "")
      truncate(project.root.full("Project/\(name)"), size)
    }
    try project.root.write("Project/c", "last")
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let file = project.output.full("out.4dz")
    try writeBundle(snapshot, to: file)
    let last = snapshot.manifest.member(at: ProjectPath("Project/c"), kind: .file)
    #expect(last?.size == 4)
    #expect(
      snapshot.manifest.member(at: ProjectPath("Project/a"), kind: .file)?.size == UInt64(size)
    )
    #expect(try verifyBundle(at: file).digest == snapshot.manifest.digest)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); sys.stdout.write('%s %d %d\\n' % (z.read('Project/c').decode(), "
        + "z.getinfo('Project/b.zip').compress_size, z.getinfo('Project/a').file_size))", file,
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    #expect(String(decoding: text, as: UTF8.self) == "last \(size) \(size)\n")
  }
}
