package import Bundler
package import ProjectModel

/// One clean build of a project with the checks that a server makes, and no state kept.
package struct ProjectBuild: Sendable {
  private let location: ProjectLocation
  private let options: BundleOptions

  package init(_ location: ProjectLocation, options: BundleOptions) {
    self.location = location
    self.options = options
  }

  /// Reads and packs the whole project.
  ///
  /// - Parameter progress: told how far it is.
  /// - Returns: the snapshot, and all problems; the caller decides whether they stop it.
  /// - Throws: `BundleError`.
  package func run(
    progress: @escaping @Sendable (BuildProgress) -> Void
  ) async throws -> (Snapshot, [Problem]) {
    let builder = BundleBuilder(
      root: location.root,
      options: options,
      inspector: SourceInspector()
    )
    let snapshot = try await builder.build(progress: progress)
    var names = NameProblems()
    let manifest = snapshot.manifest
    let problems = names.problems(of: manifest) + CompiledCheck.problems(of: manifest)
    return (snapshot, snapshot.problems + problems)
  }
}
