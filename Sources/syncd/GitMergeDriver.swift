import Foundation

/// The merge driver for catalogs in one git repository's own configuration.
struct GitMergeDriver {
  private static let key = "merge.syncd-catalog"
  private static let line = "catalog.4DCatalog merge=syncd-catalog"

  private let project: String
  private let attributes: URL

  /// Finds the repository around a project.
  init(around project: String) throws {
    guard let path = try GitHooks.git(project, "rev-parse", "--git-path", "info/attributes") else {
      throw GitHooks.Failure(
        description: "\(project) is not in a git repository: run `git init` first."
      )
    }
    self.project = project
    attributes =
      URL(filePath: path, relativeTo: URL(filePath: project, directoryHint: .isDirectory))
      .standardizedFileURL
  }

  private var isInstalled: Bool {
    get throws {
      try GitHooks.git(project, "config", "--get", Self.key + ".driver") != nil
        && lines().contains(Self.line)
    }
  }

  func install(program: String) throws -> String {
    let driver = GitHooks.quoted(program) + " merge-catalog %O %A %B"
    _ = try GitHooks.git(project, "config", Self.key + ".name", "4D catalogs, by uuid")
    guard try GitHooks.git(project, "config", Self.key + ".driver", driver) != nil else {
      throw GitHooks.Failure(description: "git cannot write the configuration of \(project).")
    }
    var kept = lines()
    if !kept.contains(Self.line) { kept.append(Self.line) }
    try write(kept)
    return "merge driver: installed in \(attributes.path)"
  }

  func remove() throws -> String {
    guard try isInstalled else { return "merge driver: not installed" }
    _ = try GitHooks.git(project, "config", "--remove-section", Self.key)
    try write(lines().filter { $0 != Self.line })
    return "merge driver: removed"
  }

  func status() throws -> String {
    "merge driver: " + (try isInstalled ? "installed in \(attributes.path)" : "not installed")
  }

  private func lines() -> [String] {
    let text = (try? String(contentsOf: attributes, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  private func write(_ lines: [String]) throws {
    try FileManager.default.createDirectory(
      at: attributes.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: attributes, options: .atomic)
  }
}
