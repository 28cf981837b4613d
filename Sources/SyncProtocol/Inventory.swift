package import ProjectModel

/// The components and plug-ins that a project brings for ordinary remotes.
package struct Inventory: Hashable, Sendable, Codable {
  /// A component or plug-in in the project's `Components/` or `Plugins/`.
  package struct Item: Hashable, Sendable, Codable {
    /// Without its suffix.
    package let name: String
    /// Relative to the package root.
    package let path: String
    /// As its `Info.plist` or manifest says it.
    package let version: String?
    /// Bytes of all its files.
    package let size: UInt64
    /// SHA-256 over the names and contents of its files.
    package let digest: Digest

    package init(name: String, path: String, version: String?, size: UInt64, digest: Digest) {
      self.name = name
      self.path = path
      self.version = version
      self.size = size
      self.digest = digest
    }
  }

  /// An entry of `Project/Sources/dependencies.json`.
  package struct Dependency: Hashable, Sendable, Codable {
    package let name: String
    /// `owner/repository`, where the file names one.
    package let github: String?
    package let gitlab: String?
    package let version: String?
    package let tag: String?

    package init(
      name: String,
      github: String? = nil,
      gitlab: String? = nil,
      version: String? = nil,
      tag: String? = nil
    ) {
      self.name = name
      self.github = github
      self.gitlab = gitlab
      self.version = version
      self.tag = tag
    }
  }

  /// The generation that was current then, `E:G`.
  package let generation: String?
  package let components: [Item]
  package let plugins: [Item]
  package let dependencies: [Dependency]
  /// SHA-256 over all of the above but the generation.
  package let digest: Digest
  /// What could not be read.
  package let problems: [Problem]

  package init(
    generation: String? = nil,
    components: [Item],
    plugins: [Item],
    dependencies: [Dependency],
    digest: Digest,
    problems: [Problem]
  ) {
    self.generation = generation
    self.components = components
    self.plugins = plugins
    self.dependencies = dependencies
    self.digest = digest
    self.problems = problems
  }
}
