internal import ProjectModel

/// What is on the disk below one or more places, in the order of the members of each.
struct Listing {
  /// A file or folder that belongs into the bundle.
  struct Item {
    let path: ProjectPath
    let isFolder: Bool
    let signature: FileSignature
    /// The modification time in seconds since 1970.
    let modified: Int64
  }

  var items: [Item] = []
  /// What was left out, and why.
  var problems: [ProjectPath: Problem] = [:]
  /// What changed while it was listed.
  var again: [ProjectPath] = []
  /// What cannot be listed.
  var failures: [ProjectPath: BundleError] = [:]
}
