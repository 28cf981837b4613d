internal import Glibc
package import ProjectModel

/// The folder of published bundles: `<digest>.4dz` and `<digest>.manifest`, of the last two.
///
/// A bundle there is whole and durable; a reader that has one open keeps it when its name goes.
package actor BundleStore {
  private static let kept = 2

  private let folder: String
  private let turn = Turn()
  /// In the order of publishing, the newest last.
  private var bundles: [BundleFile] = []

  /// Takes over the folder, which must exist, with what an earlier run left in it; unfinished files
  /// are removed.
  package init(folder: String) throws(BundleError) {
    self.folder = folder
    bundles = try StoreFolder(folder).recover()
    while bundles.count > Self.kept { StoreFolder(folder).remove(bundles.removeFirst().digest) }
  }

  /// The newest bundle.
  package var latest: BundleFile? { bundles.last }

  package func bundle(_ digest: Digest) -> BundleFile? {
    bundles.last { $0.digest == digest }
  }

  package func manifest(_ digest: Digest) -> Manifest? { bundle(digest)?.manifest }

  /// What `saveIndex` kept, in this run or an earlier one; whoever uses it checks it.
  package var savedIndex: [UInt8]? { StoreFolder(folder).readIndex() }

  /// Keeps a builder's index for the next start.
  package func saveIndex(_ index: [UInt8]) throws(BundleError) {
    try StoreFolder(folder).write(index: index)
  }

  /// Writes the snapshot's bundle, if there is none of its digest, and returns when it is durable.
  ///
  /// Serial; what is published already can be asked for meanwhile.
  ///
  /// - Parameters:
  ///   - snapshot: what to write.
  ///   - reserved: called once the disk has room for all of it and before it is written: from here
  ///     on the bundle can be promised. What it throws ends the publishing without a trace.
  /// - Returns: the bundle in the store.
  /// - Throws: `BundleError`, or what `reserved` throws.
  package func publish(
    _ snapshot: Snapshot,
    reserved: @Sendable () async throws -> Void = {}
  ) async throws -> BundleFile {
    await turn.take()
    defer { turn.give() }
    let digest = snapshot.manifest.digest
    if let index = bundles.lastIndex(where: { $0.digest == digest && $0.isIntact }) {
      let bundle = bundles.remove(at: index)
      bundles.append(bundle)
      snapshot.lineage.record(snapshot.number, in: bundle)
      try await reserved()
      return bundle
    }
    let last = bundles.last?.manifest
    let bundle = try await Self.write(
      snapshot,
      after: last,
      to: StoreFolder(folder),
      reserved: reserved
    )
    // Nobody else publishes while the turn is taken, so the list is as it was.
    bundles.removeAll { $0.digest == digest }
    bundles.append(bundle)
    snapshot.lineage.record(snapshot.number, in: bundle)
    trim()
    return bundle
  }

  @concurrent private static func write(
    _ snapshot: Snapshot,
    after last: Manifest?,
    to folder: StoreFolder,
    reserved: @Sendable () async throws -> Void
  ) async throws -> BundleFile {
    if let base = snapshot.base, !base.isIntact { throw BundleError.lostBase }
    let digest = snapshot.manifest.digest
    // First the manifest, which is nothing without its bundle.
    try folder.write(snapshot.manifest, after: last)
    do {
      let path = folder.bundlePath(digest)
      let writing = try BundleWriting(snapshot, to: path, mode: 0o600)
      try await reserved()
      try writing.finish()
      return try folder.open(path, manifest: snapshot.manifest)
    } catch {
      folder.removeManifest(digest)
      throw error
    }
  }

  private func trim() {
    while bundles.count > Self.kept {
      let old = bundles.removeFirst()
      StoreFolder(folder).remove(old.digest)
    }
  }
}
