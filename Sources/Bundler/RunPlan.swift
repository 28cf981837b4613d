internal import ProjectModel

/// How a list of members is put together from an older one: runs that both have, and what is new.
///
/// Both lists have the order of `MemberOrder`, so one way through them is enough.
struct RunPlan {
  enum Run {
    /// Members of the older list, by their indices there.
    case same(Range<Int>)
    /// Members of the newer list, by their indices there.
    case fresh(Range<Int>)
  }

  private(set) var runs: [Run] = []

  init(from old: [Member], to new: [Member]) {
    var (i, j) = (0, 0)
    while j < new.count {
      let start = i
      while i < old.count, j < new.count, Self.isSame(old[i], new[j]) {
        i += 1
        j += 1
      }
      if i > start { runs.append(.same(start..<i)) }
      let first = j
      while j < new.count {
        while i < old.count, Self.precedes(old[i], new[j]) { i += 1 }
        if i < old.count, Self.isSame(old[i], new[j]) { break }
        j += 1
      }
      if j > first { runs.append(.fresh(first..<j)) }
    }
  }

  private static func isSame(_ left: Member, _ right: Member) -> Bool {
    left === right || left.leaf == right.leaf
  }

  private static func precedes(_ left: Member, _ right: Member) -> Bool {
    MemberOrder.precedes(
      left.path,
      isFolder: left.isFolder,
      right.path,
      isFolder: right.isFolder
    )
  }
}
