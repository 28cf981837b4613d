internal import Glibc
internal import ProjectModel

/// Makes snapshots of a `.4dz` that others build and replace: the same members, in syncd's form.
///
/// An archive that syncd has written comes out byte for byte as it is. One of another program is
/// packed anew, so that what follows from a bundle holds for it too: its digest says what is in it,
/// and a client can make it out of an older one. A half-written archive is no snapshot.
package actor ArchiveSource: BundleSource {
  /// How often an archive that moves while it is read is tried, with pauses of 1, 2, 4 … ms between.
  private static let rounds = 8

  private let path: String
  private let inspector: (any MemberInspector)?
  private let scratch: String
  private let lineage = Lineage()
  private let turn = Turn()

  /// What was read last, and the file that it was read from.
  private var reading: ArchiveReading?
  private var seen: (signature: FileSignature, isSettled: Bool)?
  /// What need not be packed again.
  private var known: [ProjectPath: Member] = [:]
  private var fresh = FreshPieces()
  private var base: BundleFile?
  private var number: UInt64 = 0

  /// A source for the archive at `path`; packed members go to nameless files in `scratch`.
  package init(
    path: String,
    inspector: (any MemberInspector)? = nil,
    scratch: String = "/var/tmp"
  ) {
    self.path = path
    self.inspector = inspector
    self.scratch = scratch
  }

  package func build(
    progress: (@Sendable (BuildProgress) -> Void)? = nil
  ) async throws(BundleError) -> Snapshot {
    await turn.take()
    defer { turn.give() }
    forget()
    return try await settle()
  }

  package func resume(
    from bundle: BundleFile,
    index: [UInt8]?,
    progress: (@Sendable (BuildProgress) -> Void)? = nil
  ) async throws(BundleError) -> Snapshot {
    await turn.take()
    defer { turn.give() }
    forget()
    base = bundle
    remember(bundle.manifest)
    return try await settle()
  }

  /// Looks at the archive again, whatever the changes are: it is one file.
  package func update(
    _ changes: [TreeChange],
    progress: (@Sendable (BuildProgress) -> Void)? = nil
  ) async throws(BundleError) -> Snapshot {
    await turn.take()
    defer { turn.give() }
    return try await settle()
  }

  /// The archive is read at each start: it may be another one with the same times.
  package func savedIndex() -> [UInt8]? { nil }

  private func forget() {
    reading = nil
    seen = nil
    known = [:]
    fresh = FreshPieces()
    base = nil
  }

  private func remember(_ manifest: Manifest) {
    known = Dictionary(
      manifest.members.lazy.filter { !$0.isFolder }.map { ($0.path, $0) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  private func settle() async throws(BundleError) -> Snapshot {
    adoptPublished()
    for round in 0..<Self.rounds {
      if round > 0 { try? await Task.sleep(for: .milliseconds(1 << (round - 1))) }
      let readAt = FileSignature.now()
      let file = try open()
      let before = file.signature
      if let reading, let seen, seen.isSettled, seen.signature == before {
        return snapshot(reading)
      }
      let result = await Self.read(
        file,
        size: before.size,
        path: path,
        known: known,
        inspector: inspector,
        scratch: scratch
      )
      // The same file under the name, and nobody wrote meanwhile: no torn archive.
      guard file.signature == before, try open().signature == before else { continue }
      seen = nil
      let new = try result.get()
      seen = (before, before.isSettled(before: readAt))
      for (piece, member) in new.pieces { fresh.put(piece, of: member, number: number + 1) }
      remember(new.manifest)
      reading = new
      return snapshot(new)
    }
    throw BundleError(
      .unstable,
      "the archive changed every time while it was being read",
      path: path,
      remedy: "the last bundle stays; replace it by a rename, in one step"
    )
  }

  /// Lets packed bytes go that are in a bundle by now.
  private func adoptPublished() {
    if let published = lineage.published, published.bundle !== base {
      base = published.bundle
      fresh.drop(upTo: published.number)
    }
    // Somebody wrote to the bundle that holds the packed members: they are made anew.
    if let base, !base.isIntact { forget() }
  }

  private func open() throws(BundleError) -> Descriptor {
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let file):
      guard case .success(let status) = file.status(), status.isRegularFile else {
        throw BundleError(.notABundle, "this is no file", path: path)
      }
      return file
    case .failure(let error) where error.isGone:
      throw BundleError(
        .projectMissing,
        "the archive is not there",
        path: path,
        remedy: "put it back; the last bundle stays"
      )
    case .failure(let error): throw .unreadable(error.number, isFolder: false, path: path)
    }
  }

  @concurrent private static func read(
    _ file: Descriptor,
    size: UInt64,
    path: String,
    known: [ProjectPath: Member],
    inspector: (any MemberInspector)?,
    scratch: String
  ) async -> Result<ArchiveReading, BundleError> {
    Result { () throws(BundleError) in
      try ArchiveReading(
        file,
        size: size,
        path: path,
        known: known,
        inspector: inspector,
        scratch: scratch
      )
    }
  }

  private func snapshot(_ reading: ArchiveReading) -> Snapshot {
    number += 1
    return Snapshot(
      manifest: reading.manifest,
      problems: reading.problems,
      fresh: fresh.pieces,
      base: base,
      number: number,
      lineage: lineage
    )
  }
}
