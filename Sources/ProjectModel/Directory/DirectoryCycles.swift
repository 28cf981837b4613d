/// Groups that are members of themselves through others: their rights would never be settled.
enum DirectoryCycles {
  static func findings(in content: DirectoryContent) -> [DirectoryFinding] {
    let children = content.groups.map { group in
      group.groups.compactMap { member -> Int? in
        guard case .one(let index) = content.groupNames.find(member.text) else { return nil }
        return index
      }
    }
    let candidates = inside(children)
    return candidates.sorted().filter { reaches(itself: $0, children, within: candidates) }
      .map { index in
        let group = content.groups[index]
        return DirectoryFinding(
          "directory-group-cycle",
          DirectoryElement.group(group.name),
          line: group.line,
          "the group \(group.name) is a member of itself, directly or through other groups: "
            + "remove one of the memberships"
        )
      }
  }

  /// What is left when groups without members are taken away again and again: the cycles and what
  /// leads to them.
  private static func inside(_ children: [[Int]]) -> Set<Int> {
    var parents = Array(repeating: [Int](), count: children.count)
    var open = children.map(\.count)
    for (group, members) in children.enumerated() {
      for member in members { parents[member].append(group) }
    }
    var done = open.indices.filter { open[$0] == 0 }
    var left = Set(open.indices).subtracting(done)
    while let group = done.popLast() {
      for parent in parents[group] {
        open[parent] -= 1
        guard open[parent] == 0 else { continue }
        left.remove(parent)
        done.append(parent)
      }
    }
    return left
  }

  private static func reaches(
    itself group: Int,
    _ children: [[Int]],
    within candidates: Set<Int>
  ) -> Bool {
    var seen: Set<Int> = []
    var open = children[group]
    while let next = open.popLast() {
      if next == group { return true }
      if candidates.contains(next), seen.insert(next).inserted { open += children[next] }
    }
    return false
  }
}
