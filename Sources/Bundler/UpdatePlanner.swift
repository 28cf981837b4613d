internal import Glibc
internal import ProjectModel

/// Compares the disk with the index where changes were told, and plans what follows.
struct UpdatePlanner {
  static let project = ProjectPath("Project")

  let scanner: TreeScanner
  let index: BundleIndex
  let timestamps: TimestampRule

  /// Plans for `paths`, whose files are read in any case, and `subtrees`, whose files are read
  /// where their signatures differ.
  func plan(
    paths: Set<ProjectPath>,
    subtrees: Set<ProjectPath>
  ) throws(BundleError) -> UpdatePlan {
    var plan = UpdatePlan()
    let folders = FolderChain(root: scanner.root)
    let targets = Set((Array(paths) + subtrees).compactMap { target(of: $0) })
    // What lies in another target is looked at with it.
    let outermost = targets.filter { !$0.parent.lies(in: targets) }
    for target in outermost.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      try look(at: target, folders, forced: paths, &plan)
    }
    if timestamps == .file { refreshFolderTimes(folders, &plan) }
    return plan
  }

  /// The place to look at: the path itself, or the first folder above it that is not known yet;
  /// `nil` for what is in no bundle.
  private func target(of path: ProjectPath) -> ProjectPath? {
    if Self.project.isInside(path) { return Self.project }
    guard scanner.rules.includes(folder: path) || scanner.rules.includes(file: path) else {
      return nil
    }
    var target = path
    var folder = path.parent
    while !folder.isRoot {
      if index.entry(BundleIndex.Key(path: folder, isFolder: true)) == nil { target = folder }
      folder = folder.parent
    }
    return target
  }

  private func look(
    at path: ProjectPath,
    _ folders: FolderChain,
    forced: Set<ProjectPath>,
    _ plan: inout UpdatePlan
  ) throws(BundleError) {
    var path = path
    var parent = folders.open(path.parent)
    // What is gone may be a folder above.
    while case .failure(let error) = parent, error.isGone, !path.parent.isRoot {
      path = path.parent
      parent = folders.open(path.parent)
    }
    if plan.examined.contains(path) { return }
    let folder: Descriptor
    switch parent {
    case .success(let descriptor): folder = descriptor
    case .failure(let error):
      plan.listing.failures[path] = .unreadable(
        error.number,
        isFolder: true,
        path: path.parent.display
      )
      return
    }
    plan.examined.insert(path)
    let first = plan.listing.items.count
    switch scanner.entry(at: path, in: folder, listing: &plan.listing) {
    case .none:
      if path == Self.project, plan.listing.failures.isEmpty {
        throw BundleError(
          .projectMissing,
          "there is no Project folder",
          remedy: "check that the project is where it should be; the last bundle stays"
        )
      }
    case .file(let status):
      plan.listing.items.append(
        Listing.Item(
          path: path,
          isFolder: false,
          signature: FileSignature(status),
          modified: Int64(status.st_mtim.tv_sec)
        )
      )
    case .folder(let status):
      scanner.list(path, status: status, in: folder, listing: &plan.listing)
    }
    compare(path, with: plan.listing.items[first...], forced: forced, &plan)
  }

  /// Plans what makes the index at and below `path` equal to what was listed there.
  private func compare(
    _ path: ProjectPath,
    with items: ArraySlice<Listing.Item>,
    forced: Set<ProjectPath>,
    _ plan: inout UpdatePlan
  ) {
    let doubtful = plan.doubtful
    var known = index.entries[index.range(of: path)]
    let file = BundleIndex.Key(path: path, isFolder: false)
    if let entry = index.entry(file) {
      // The file comes before all that a folder of its name holds.
      known = [entry] + known
    }
    for item in items {
      while let entry = known.first, comes(entry, before: item) {
        remove(entry, doubtful, &plan)
        known.removeFirst()
      }
      var old: BundleIndex.Entry?
      if let entry = known.first, entry.member.isFolder == item.isFolder,
        entry.member.path == item.path
      {
        old = known.removeFirst()
      }
      keep(item, old: old, isForced: forced.contains(item.path), &plan)
    }
    for entry in known { remove(entry, doubtful, &plan) }
  }

  private func comes(_ entry: BundleIndex.Entry, before item: Listing.Item) -> Bool {
    MemberOrder.precedes(
      entry.member.path,
      isFolder: entry.member.isFolder,
      item.path,
      isFolder: item.isFolder
    )
  }

  private func keep(
    _ item: Listing.Item,
    old: BundleIndex.Entry?,
    isForced: Bool,
    _ plan: inout UpdatePlan
  ) {
    if item.isFolder {
      let time = timestamps == .constant ? DOSTime.constant : DOSTime.from(unix: item.modified)
      guard old?.member.time != time else { return }
      plan.edits[BundleIndex.Key(path: item.path, isFolder: true)] = BundleIndex.Entry(
        member: .folder(item.path, time: time),
        signature: .none,
        isSettled: true
      )
    } else if isForced || old == nil || old?.isSettled == false || old?.signature != item.signature
    {
      plan.jobs.append(
        ReadJob(
          path: item.path,
          size: item.signature.size,
          known: old?.member,
          isInspected: old?.isInspected ?? false
        )
      )
    }
  }

  private func remove(
    _ entry: BundleIndex.Entry,
    _ doubtful: Set<ProjectPath>,
    _ plan: inout UpdatePlan
  ) {
    let path = entry.member.path
    // What could not be listed is not gone.
    if path.lies(in: doubtful) { return }
    plan.edits[BundleIndex.Key(path: path, isFolder: entry.member.isFolder)] = .some(nil)
  }

  /// A folder's time follows what comes and goes in it, also what is no member.
  private func refreshFolderTimes(_ folders: FolderChain, _ plan: inout UpdatePlan) {
    for entry in index.entries where entry.member.isFolder {
      let path = entry.member.path
      let key = BundleIndex.Key(path: path, isFolder: true)
      guard plan.edits[key] == nil, case .success(let folder) = folders.open(path.parent),
        case .success(let status) = folder.status(of: path.name), status.isFolder
      else { continue }
      let time = DOSTime.from(unix: Int64(status.st_mtim.tv_sec))
      if time != entry.member.time {
        plan.edits[key] = BundleIndex.Entry(
          member: .folder(path, time: time),
          signature: .none,
          isSettled: true
        )
      }
    }
  }
}
