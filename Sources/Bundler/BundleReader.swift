internal import Glibc
internal import ProjectModel

/// Reads a bundle that may come from anywhere, and trusts nothing in it.
///
/// A bundle has one form: what the reader accepts, the writer would write byte for byte from the
/// manifest and the members. Memory is bounded by the directory, whatever the members say.
package final class BundleReader {
  private static let largestDirectory: UInt64 = 1 << 30

  private let path: String
  private let file: Descriptor
  private let size: UInt64
  private let verifier: MemberVerifier

  package init(path: String) throws(BundleError) {
    self.path = path
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let descriptor): file = descriptor
    case .failure(let error): throw .system(error.number, doing: "open the bundle", path: path)
    }
    switch file.status() {
    case .success(let status) where status.isRegularFile: size = UInt64(max(0, status.st_size))
    case .success: throw BundleError(.notABundle, "this is no file", path: path)
    case .failure(let error):
      throw .system(error.number, doing: "look at the bundle", path: path)
    }
    verifier = MemberVerifier(file: file, path: path)
  }

  /// Reads everything: each record, each member's content against its size and CRC.
  package func verify() throws(BundleError) -> Manifest {
    do throws(BundleError) {
      return try readManifest()
    } catch {
      guard error.code == .notCanonical else {
        throw error.path.isEmpty ? BundleError(error.code, error.what, path: path) : error
      }
      let member = error.path.isEmpty || error.path == path ? "" : "\(error.path): "
      throw BundleError(
        .notCanonical,
        "this is a ZIP archive, but not in the form that syncd writes: \(member)\(error.what)",
        path: path,
        remedy: "build it again with syncd build"
      )
    }
  }

  private func readManifest() throws(BundleError) -> Manifest {
    let end = try ArchiveEnd(file, size: size, path: path)
    guard end.directorySize <= Self.largestDirectory else {
      throw BundleError(.unsupported, "the directory is larger than syncd reads", path: path)
    }
    let directory = try file.bytes(
      at: end.directoryOffset,
      count: Int(end.directorySize),
      path: path
    )
    let claims = try read(directory, end)
    // What the names and sizes say is judged before any content is unpacked.
    let times = claims.map(\.time)
    let rule: TimestampRule =
      times.allSatisfy { $0 == DOSTime.constant } ? .constant : .file
    try ManifestRules.check(claims, timestamps: rule)

    var members: [Member] = []
    members.reserveCapacity(claims.count)
    var offset: UInt64 = 0
    for claim in claims {
      members.append(try verifier.member(claim, at: offset))
      offset += ZipRecord.localHeaderSize(claim) + claim.packedSize
    }
    try ManifestRules.check(members, timestamps: rule)
    let profile = BundleProfile(of: members.lazy.map(\.path))
    return Manifest(profile: profile, timestamps: rule, members: members)
  }

  private func read(
    _ directory: [UInt8],
    _ end: ArchiveEnd
  ) throws(BundleError) -> [Member] {
    var cursor = ByteCursor(directory[...])
    var members: [Member] = []
    members.reserveCapacity(Int(end.count))
    var offset: UInt64 = 0
    for _ in 0..<Int(end.count) {
      let record = try DirectoryRecord(&cursor, of: directory)
      let member = record.member
      guard record.offset == offset else {
        throw BundleError(
          .notCanonical,
          "the member is not directly behind the one before it",
          path: member.path.display
        )
      }
      let length = ZipRecord.localHeaderSize(member).addingReportingOverflow(member.packedSize)
      guard !length.overflow, length.partialValue <= end.directoryOffset - offset else {
        throw BundleError(
          .damaged,
          "the member is longer than the archive",
          path: member.path.display
        )
      }
      offset += length.partialValue
      members.append(member)
    }
    guard cursor.position == directory.endIndex, offset == end.directoryOffset else {
      throw BundleError(.notCanonical, "there are bytes that belong to no member", path: path)
    }
    return members
  }
}

/// Reads the whole bundle at `path` and returns its manifest, whose digest is the bundle's name.
package func verifyBundle(at path: String) throws(BundleError) -> Manifest {
  try BundleReader(path: path).verify()
}
