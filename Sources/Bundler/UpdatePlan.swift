internal import ProjectModel

/// What an update does to the index at once, and what it must read first.
struct UpdatePlan {
  var edits: [BundleIndex.Key: BundleIndex.Entry?] = [:]
  var jobs: [ReadJob] = []
  /// Folders and files whose left-out problems are told anew.
  var examined: Set<ProjectPath> = []
  var listing = Listing()

  /// What could not be listed.
  var doubtful: Set<ProjectPath> {
    Set(listing.again).union(listing.failures.keys)
  }
}

extension ProjectPath {
  /// Whether this path or a folder above it is among `places`.
  func lies(in places: Set<ProjectPath>) -> Bool {
    if places.isEmpty { return false }
    var path = self
    while !path.isRoot {
      if places.contains(path) { return true }
      path = path.parent
    }
    return places.contains(.root)
  }
}
