internal import Glibc
internal import ProjectModel

/// The directory of an archive of whatever origin, judged before anything is unpacked.
///
/// Memory is bounded by the directory. What is not below `Project/`, and links, are left out.
struct ArchiveDirectory {
  private static let largest: UInt64 = 1 << 30

  /// In the order of the members, each with the place of its packed bytes.
  let entries: [(entry: ArchiveEntry, start: UInt64)]
  let problems: [Problem]
  /// The real times where syncd wrote them; else they say when and where somebody built it.
  let timestamps: TimestampRule

  init(of file: Descriptor, size: UInt64, path: String) throws(BundleError) {
    let end = try ArchiveEnd(file, size: size, path: path)
    guard end.directorySize <= Self.largest else {
      throw BundleError(.unsupported, "the directory is larger than syncd reads", path: path)
    }
    let bytes = try file.bytes(
      at: end.directoryOffset,
      count: Int(end.directorySize),
      path: path
    )
    var cursor = ByteCursor(bytes[...])
    var problems: [Problem] = []
    var found: [ArchiveEntry] = []
    var extents: [(header: UInt64, end: UInt64)] = []
    var starts: [UInt64: UInt64] = [:]
    var isOurs = true
    for _ in 0..<Int(end.count) {
      var trial = cursor
      if isOurs, (try? DirectoryRecord(&trial, of: bytes)) == nil { isOurs = false }
      let entry = try ArchiveEntry(&cursor)
      let start = try entry.start(in: file, path: path)
      extents.append((entry.header, start + entry.packedSize))
      if entry.isLink {
        problems.append(LeftOut.symbolicLink.problem(entry.path))
      } else if !entry.path.isInside(UpdatePlanner.project) {
        problems.append(Self.outside(entry.path))
      } else {
        try ManifestRules.check(name: entry.path)
        found.append(entry)
        starts[entry.header] = start
      }
    }
    try Self.checkExtents(extents, end: end.directoryOffset, path: path)
    found.sort {
      MemberOrder.precedes($0.path, isFolder: $0.isFolder, $1.path, isFolder: $1.isFolder)
    }
    entries = found.map { ($0, starts[$0.header] ?? 0) }
    self.problems = problems
    timestamps = isOurs && found.contains { $0.time != DOSTime.constant } ? .file : .constant
  }

  /// No two members share bytes, and none reaches into the directory.
  private static func checkExtents(
    _ extents: [(header: UInt64, end: UInt64)],
    end: UInt64,
    path: String
  ) throws(BundleError) {
    var position: UInt64 = 0
    for extent in extents.sorted(by: { $0.header < $1.header }) {
      guard extent.header >= position, extent.end <= end else {
        throw BundleError(.damaged, "two members of the archive overlap", path: path)
      }
      position = extent.end
    }
  }

  private static func outside(_ path: ProjectPath) -> Problem {
    Problem(
      rule: "outside-project",
      severity: .warning,
      file: path.display,
      text: "it is not below Project/, so it is left out"
    )
  }
}
