internal import ProjectModel

/// Makes each manifest from the one before, at the cost of what differs.
struct ManifestBuilder {
  private let header: [UInt8]
  private let profile: BundleProfile
  private let timestamps: TimestampRule
  private(set) var members: [Member] = []
  private var tree = DigestTree()
  private var totals = ArchiveTotals()

  init(profile: BundleProfile, timestamps: TimestampRule) {
    self.profile = profile
    self.timestamps = timestamps
    header = Manifest.header(profile: profile, timestamps: timestamps)
  }

  /// The manifest of an index.
  mutating func manifest(of index: BundleIndex) -> Manifest {
    let (prefix, suffix) = commonEnds(index.entries)
    let old = prefix..<(members.count - suffix)
    let new = index.entries[prefix..<(index.entries.count - suffix)].map { $0.member }
    if !old.isEmpty || !new.isEmpty {
      for member in members[old] { totals.remove(member) }
      for member in new { totals.add(member) }
      tree.replace(old, with: new.map { $0.leaf })
      members.replaceSubrange(old, with: new)
    }
    return Manifest(
      profile: profile,
      timestamps: timestamps,
      members: members,
      digest: tree.root(header: header),
      archiveSize: totals.archiveSize(of: members)
    )
  }

  /// Begins from the members of a bundle.
  mutating func begin(with members: [Member]) {
    self.members = members
    tree = DigestTree()
    tree.replace(0..<0, with: members.map { $0.leaf })
    totals = ArchiveTotals(members)
  }

  /// How many members are the very same objects at both ends.
  private func commonEnds(_ entries: [BundleIndex.Entry]) -> (prefix: Int, suffix: Int) {
    let limit = min(members.count, entries.count)
    var prefix = 0
    while prefix < limit, members[prefix] === entries[prefix].member { prefix += 1 }
    var suffix = 0
    while suffix < limit - prefix,
      members[members.count - 1 - suffix] === entries[entries.count - 1 - suffix].member
    {
      suffix += 1
    }
    return (prefix, suffix)
  }
}
