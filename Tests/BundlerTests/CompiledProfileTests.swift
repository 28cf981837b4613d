import Bundler
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct CompiledProfileTests {
  private let project: TestProject

  init() throws {
    project = try TestProject()
    try project.root.write("Project/Sources/catalog.4DCatalog", "<base/>")
    try project.root.write("Project/Sources/dependencies.json", "{}")
    try project.root.write("Project/Sources/Methods/Hello.4dm", "ALERT(\"hello\")")
    try project.root.write("Project/Sources/Forms/Book/form.4DForm", "{}")
    try project.root.write("Project/Sources/Forms/Book/method.4DM", "//")
    try project.root.write("Project/DerivedData/CompiledCode/IX64 1", bytes: [1, 2, 3])
    try project.root.write("Project/Trash/Methods/(x).4dm", "//")
  }

  @Test func itHasTheCodeAndNotTheSources() async throws {
    let manifest = try await snapshot(.compiled).manifest
    #expect(
      manifest.members.map(\.path.display) == [
        "Project", "Project/Test.4DProject", "Project/DerivedData",
        "Project/DerivedData/CompiledCode", "Project/DerivedData/CompiledCode/IX64 1",
        "Project/Sources", "Project/Sources/catalog.4DCatalog", "Project/Sources/Forms",
        "Project/Sources/Forms/Book", "Project/Sources/Forms/Book/form.4DForm",
      ]
    )
    #expect(manifest.encoded().starts(with: "syncd-manifest 1 profile=compiled ".utf8))
    let expected = try Oracle().bundle(of: project.root.path, profile: "compiled")
    #expect(manifest.digest.hex == expected.digest)
  }

  /// The profile is in the digest and not in the archive: who reads it finds it out.
  @Test(arguments: BundleProfile.allCases)
  func anArchiveTellsItsProfile(profile: BundleProfile) async throws {
    let snapshot = try await snapshot(profile)
    let file = project.output.full("a.4dz")
    try writeBundle(snapshot, to: file)
    let read = try verifyBundle(at: file)
    #expect(read.profile == profile)
    #expect(read.digest == snapshot.manifest.digest)
    let decoded = try Manifest(decoding: snapshot.manifest.encoded())
    #expect(decoded.profile == profile)
    #expect(decoded.digest == snapshot.manifest.digest)
  }

  @Test func aManifestWithTheOtherProfileIsRefused() async throws {
    for (profile, other) in [("full", "compiled"), ("compiled", "full")] {
      let snapshot = try await snapshot(try #require(BundleProfile(rawValue: profile)))
      let text = String(decoding: snapshot.manifest.encoded(), as: UTF8.self)
        .replacing("profile=\(profile)", with: "profile=\(other)")
      #expect { try Manifest(decoding: Array(text.utf8)) } throws: { error in
        (error as? BundleError)?.code == .notCanonical
      }
    }
  }

  /// A system folder may have been used with the other profile before.
  @Test func theBundleOfAnotherProfileIsNotGoneOnFrom() async throws {
    let file = project.output.full("a.4dz")
    let full = try await snapshot(.full)
    try writeBundle(full, to: file)
    let bundle = try BundleFile(path: file, manifest: full.manifest)
    let builder = BundleBuilder(
      root: project.root.path,
      options: BundleOptions(profile: .compiled)
    )
    let resumed = try await builder.resume(from: bundle, index: nil)
    #expect(try await resumed.manifest.digest == snapshot(.compiled).manifest.digest)
  }

  private func snapshot(_ profile: BundleProfile) async throws -> Snapshot {
    try await BundleBuilder(
      root: project.root.path,
      options: BundleOptions(profile: profile)
    ).build()
  }
}
