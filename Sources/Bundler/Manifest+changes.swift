package import ProjectModel

extension Manifest {
  /// The paths that came, changed or went since an older state, in the order of the members; all
  /// of them when there was none.
  package func changedPaths(since older: Manifest?) -> [ProjectPath] {
    let old = older?.members ?? []
    let new = members
    var changed: [ProjectPath] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      // Members are shared between generations, so most are the very same object.
      if i < old.count, j < new.count, old[i] === new[j] {
        i += 1
        j += 1
        continue
      }
      let order =
        i == old.count
        ? 1
        : j == new.count
          ? -1
          : MemberOrder.compare(
            old[i].path,
            isFolder: old[i].isFolder,
            new[j].path,
            isFolder: new[j].isFolder
          )
      if order < 0 {
        changed.append(old[i].path)
        i += 1
      } else if order > 0 {
        changed.append(new[j].path)
        j += 1
      } else {
        if old[i].leaf != new[j].leaf { changed.append(new[j].path) }
        i += 1
        j += 1
      }
    }
    return changed
  }
}
