import Bundler
import ProjectHost
import ProjectModel
import Testing

@Suite struct CompiledCheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("{}", to: "Project/Test.4DProject")
    try folder.write("<base/>", to: "Project/Sources/catalog.4DCatalog")
  }

  private func rules(_ profile: BundleProfile) async throws -> [String] {
    let location = try ProjectLocation(opening: folder.path)
    let build = ProjectBuild(location, options: BundleOptions(profile: profile))
    return try await build.run { _ in }.1.filter { $0.severity == .failure }.map(\.rule)
  }

  @Test func aProjectThatWasNotCompiledCannotBePackedAsCompiled() async throws {
    #expect(try await rules(.compiled) == ["not-compiled"])
    #expect(try await rules(.full).isEmpty)
    try folder.write("{}", to: "Project/DerivedData/methodAttributes.json")
    #expect(try await rules(.compiled) == ["not-compiled"])
    try folder.write("{}", to: "Project/DerivedData/CompiledCode/map.json")
    #expect(try await rules(.compiled).isEmpty)
  }
}
