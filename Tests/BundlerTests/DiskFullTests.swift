import Bundler
import Foundation
import ProjectModel
import Testing

/// On a file system of its own, where mounting one is allowed.
@Suite(.timeLimit(.minutes(longestTest))) struct DiskFullTests {
  @Test func aFullDiskFailsThePublishingAndLosesNothing() async throws {
    let project = try TestProject()
    let mount = try TemporaryFolder()
    guard try run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount.path]) else { return }
    defer { _ = try? run(["umount", mount.path]) }
    let store = try BundleStore(folder: mount.path)
    let builder = BundleBuilder(root: project.root.path)
    let first = try await store.publish(try await builder.build())
    var generator = SeededGenerator(seed: 3)
    let noise = (0..<2_000_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    try project.root.write("Project/noise", bytes: noise)
    let large = try await builder.update([.path(ProjectPath("Project/noise"))])
    let error = await #expect(throws: BundleError.self) { try await store.publish(large) }
    #expect(error?.code == .diskFull)
    #expect(error?.path.contains(mount.path) == true)
    #expect(try mount.names() == ["\(first.digest.hex).4dz", "\(first.digest.hex).manifest"])
    #expect(try verifyBundle(at: first.path).digest == first.digest)

    // With room again, the same state is published.
    let elsewhere = try BundleStore(folder: project.output.path)
    let healed = try await elsewhere.publish(try await builder.update([]))
    #expect(try verifyBundle(at: healed.path).digest == large.manifest.digest)
  }

  @Test func aFullDiskLeavesTheTargetOfABuildAsItWas() async throws {
    let project = try TestProject()
    let mount = try TemporaryFolder()
    guard try run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount.path]) else { return }
    defer { _ = try? run(["umount", mount.path]) }
    try mount.write("app.4dz", "the old one")
    var generator = SeededGenerator(seed: 3)
    let noise = (0..<200_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    try project.root.write("Project/noise", bytes: noise)
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let error = #expect(throws: BundleError.self) {
      try writeBundle(snapshot, to: mount.full("app.4dz"))
    }
    #expect(error?.code == .diskFull)
    #expect(try mount.names() == ["app.4dz"])
    #expect(try mount.read("app.4dz") == Array("the old one".utf8))
    // The scratch folder may be the full one too; there go the members that are large.
    try project.root.write("Project/noise", bytes: noise + noise + noise)
    let builder = BundleBuilder(root: project.root.path, scratch: mount.path)
    let scratch = await #expect(throws: BundleError.self) { try await builder.build() }
    #expect(scratch?.code == .diskFull)
    #expect(scratch?.path == mount.path)
  }

  private func run(_ command: [String]) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
