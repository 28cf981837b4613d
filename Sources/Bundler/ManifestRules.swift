internal import ProjectModel

/// What holds for the members of every bundle, whoever says that they are one.
enum ManifestRules {
  /// Deflate packs no better than 1 to 1032, and a little for its end.
  private static let bestRatio: UInt64 = 1032
  /// More than any file has, and sums of it do not overflow.
  private static let largest: UInt64 = 1 << 44

  static func check(
    _ members: [Member],
    timestamps: TimestampRule
  ) throws(BundleError) {
    for member in members { try check(member, timestamps: timestamps) }
    try checkOrder(of: members)
  }

  /// What holds for the list, whatever each member says.
  static func checkOrder(of members: [Member]) throws(BundleError) {
    guard let first = members.first, first.isFolder, first.path == UpdatePlanner.project else {
      throw BundleError(.notCanonical, "the first member is not the folder Project")
    }
    guard members.count <= 1 << 24 else {
      throw BundleError(.unsupported, "more members than syncd takes (16,777,216)")
    }
    var folders: Set<ProjectPath> = [.root]
    var previous: Member?
    for member in members {
      if let previous {
        let order = MemberOrder.compare(
          previous.path,
          isFolder: previous.isFolder,
          member.path,
          isFolder: member.isFolder
        )
        guard order < 0 else {
          let what = order == 0 ? "is there twice" : "is not where the order of members puts it"
          throw BundleError(.notCanonical, "the member \(what)", path: member.path.display)
        }
      }
      guard folders.contains(member.path.parent) else {
        throw BundleError(
          .notCanonical,
          "the folder of the member has no entry",
          path: member.path.display
        )
      }
      if member.isFolder { folders.insert(member.path) }
      previous = member
    }
  }

  static func check(
    _ member: Member,
    timestamps: TimestampRule
  ) throws(BundleError) {
    let path = member.path
    func refuse(_ what: String) -> BundleError {
      BundleError(.notCanonical, what, path: path.display)
    }
    try check(name: path)
    if timestamps == .constant, member.time != DOSTime.constant {
      throw refuse("the member has another time than 1980-01-01 00:00")
    }
    guard member.size <= largest, member.packedSize <= largest else {
      throw BundleError(.unsupported, "the member is too large", path: path.display)
    }
    if member.isFolder {
      guard member.size == 0, member.method == .stored, member.crc32 == 0,
        member.content == SHA256.empty
      else { throw refuse("a folder has content") }
    }
    switch member.method {
    case .stored:
      guard member.size == member.packedSize, member.content == member.packed else {
        throw refuse("a stored member has two sizes or contents")
      }
    case .deflated:
      guard member.packedSize < member.size, !StoredNames.contains(path) else {
        throw refuse("the member is deflated where it should be stored")
      }
      guard member.size / bestRatio <= member.packedSize + 16 else {
        throw refuse("the member says that it is larger than its packed bytes can be")
      }
    }
    if member.size == 0 {
      guard member.crc32 == 0, member.content == SHA256.empty else {
        throw refuse("an empty file has content")
      }
    }
  }

  /// Refuses names that could lead out of the folder, or that no archive of ours has.
  static func check(name path: ProjectPath) throws(BundleError) {
    let isPlain = path.bytes.split(
      separator: UInt8(ascii: "/"),
      omittingEmptySubsequences: false
    ).allSatisfy { name in
      !name.isEmpty && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
        && !name.contains(0)
    }
    guard isPlain, path.bytes.count <= ZipRecord.longestPath,
      path.isInside(UpdatePlanner.project),
      String(validating: path.bytes, as: UTF8.self) != nil
    else {
      throw BundleError(
        .notCanonical,
        "the name is none that a member can have",
        path: path.display
      )
    }
  }
}
