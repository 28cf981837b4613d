internal import ProjectModel

/// What one way through an archive found: its members in syncd's form.
struct ArchiveReading: Sendable {
  let manifest: Manifest
  /// The packed bytes of what was not known.
  let pieces: [(PackedPiece, Member)]
  let problems: [Problem]

  /// Reads and checks everything: each member's content against its size and CRC.
  init(
    _ file: Descriptor,
    size: UInt64,
    path: String,
    known: [ProjectPath: Member],
    inspector: (any MemberInspector)?,
    scratch: String
  ) throws(BundleError) {
    let directory = try ArchiveDirectory(of: file, size: size, path: path)
    let rule = directory.timestamps
    let repacker = ArchiveRepacker(file, path: path, inspector: inspector, scratch: scratch)
    var members: [Member] = []
    var pieces: [(PackedPiece, Member)] = []
    var problems = directory.problems
    var folders: Set<ProjectPath> = [.root]
    for (entry, start) in directory.entries {
      let time = rule == .constant ? DOSTime.constant : entry.time
      // Other programs leave out the entries of folders.
      for folder in Self.missing(entry.path.parent, folders) {
        folders.insert(folder)
        members.append(.folder(folder, time: DOSTime.constant))
      }
      guard !entry.isFolder else {
        if folders.insert(entry.path).inserted { members.append(.folder(entry.path, time: time)) }
        continue
      }
      let result = try repacker.result(of: entry, at: start, time: time, known: known[entry.path])
      members.append(result.member)
      if let piece = result.piece { pieces.append((piece, result.member)) }
      problems += result.problems
    }
    try repacker.flush()
    members.sort {
      MemberOrder.precedes($0.path, isFolder: $0.isFolder, $1.path, isFolder: $1.isFolder)
    }
    try ManifestRules.check(members, timestamps: rule)
    manifest = Manifest(
      profile: BundleProfile(of: members.lazy.map(\.path)),
      timestamps: rule,
      members: members
    )
    self.pieces = pieces
    self.problems = problems
  }

  /// The folders on the way to `folder` that have no entry yet, the outermost first.
  private static func missing(
    _ folder: ProjectPath,
    _ folders: Set<ProjectPath>
  ) -> [ProjectPath] {
    var missing: [ProjectPath] = []
    var folder = folder
    while !folders.contains(folder) {
      missing.insert(folder, at: 0)
      folder = folder.parent
    }
    return missing
  }
}
