package import ProjectModel

/// The ordered list of a bundle's members; the archive's bytes follow from it and the members.
package struct Manifest: Sendable {
  package let profile: BundleProfile
  package let timestamps: TimestampRule
  /// In the order of `MemberOrder`, each once.
  package let members: [Member]
  /// The bundle's name: a pure function of the header line and the members' lines.
  package let digest: Digest
  /// The size of the archive in bytes.
  package let archiveSize: UInt64

  /// A manifest of members that are in order already.
  init(profile: BundleProfile, timestamps: TimestampRule, members: [Member]) {
    self.profile = profile
    self.timestamps = timestamps
    self.members = members
    var tree = DigestTree()
    tree.replace(0..<0, with: members.map(\.leaf))
    digest = tree.root(header: Self.header(profile: profile, timestamps: timestamps))
    archiveSize = ArchiveTotals(members).archiveSize(of: members)
  }

  /// A manifest whose digest and size are known.
  init(
    profile: BundleProfile,
    timestamps: TimestampRule,
    members: [Member],
    digest: Digest,
    archiveSize: UInt64
  ) {
    self.profile = profile
    self.timestamps = timestamps
    self.members = members
    self.digest = digest
    self.archiveSize = archiveSize
  }

  /// The canonical text: a header line, then one line a member.
  package func encoded() -> [UInt8] {
    var bytes = Self.header(profile: profile, timestamps: timestamps)
    bytes.reserveCapacity(members.count * 256)
    for member in members { bytes += MemberLine.bytes(of: member) }
    return bytes
  }

  static func header(profile: BundleProfile, timestamps: TimestampRule) -> [UInt8] {
    Array("syncd-manifest 1 profile=\(profile.rawValue) timestamps=\(timestamps.rawValue)\n".utf8)
  }

  /// The member at `path`, found by halving.
  package func member(at path: ProjectPath, kind: Member.Kind) -> Member? {
    index(of: path, isFolder: kind == .folder).map { members[$0] }
  }

  /// The packed bytes, all together, of those of the paths that are files of the bundle.
  package func packedSize(of paths: [ProjectPath]) -> UInt64 {
    paths.reduce(0) { $0 + (member(at: $1, kind: .file)?.packedSize ?? 0) }
  }

  func index(of path: ProjectPath, isFolder: Bool) -> Int? {
    var (low, high) = (0, members.count)
    while low < high {
      let middle = (low + high) / 2
      let member = members[middle]
      let order = MemberOrder.compare(
        member.path,
        isFolder: member.isFolder,
        path,
        isFolder: isFolder
      )
      if order == 0 { return middle }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
