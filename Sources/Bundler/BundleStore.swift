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

  /// Writes the snapshot's bundle, if there is none of its digest, and returns when it is durable
  /// and older ones are removed.
  ///
  /// Serial; what is published already can be asked for meanwhile.
  ///
  /// - Parameters:
  ///   - snapshot: what to write.
  ///   - reserved: called once the disk has room for all of it and before it is written: from here
  ///     on the bundle can be promised. What it throws ends the publishing without a trace.
  ///   - durable: called once the bundle is on the disk and can be asked for; tidying follows.
  /// - Returns: the bundle in the store.
  /// - Throws: `BundleError`, or what `reserved` throws.
  @discardableResult
  package func publish(
    _ snapshot: Snapshot,
    reserved: @Sendable () async throws -> Void = {},
    durable: @Sendable () async -> Void = {}
  ) async throws -> BundleFile {
    await turn.take()
    defer { turn.give() }
    let digest = snapshot.manifest.digest
    if let index = bundles.lastIndex(where: { $0.digest == digest && $0.isIntact }) {
      let bundle = bundles.remove(at: index)
      bundles.append(bundle)
      snapshot.lineage.record(snapshot.number, in: bundle)
      try await reserved()
      await durable()
      return bundle
    }
    let last = bundles.last?.manifest
    let files = StoreFolder(folder)
    let bundle = try await Self.write(snapshot, to: files, reserved: reserved)
    // Nobody else publishes while the turn is taken, so the list is as it was.
    bundles.removeAll { $0.digest == digest }
    bundles.append(bundle)
    snapshot.lineage.record(snapshot.number, in: bundle)
    await durable()
    await Self.keepManifest(snapshot.manifest, after: last, in: files)
    trim()
    return bundle
  }

  @concurrent private static func write(
    _ snapshot: Snapshot,
    to folder: StoreFolder,
    reserved: @Sendable () async throws -> Void
  ) async throws -> BundleFile {
    if let base = snapshot.base, !base.isIntact { throw BundleError.lostBase }
    let path = folder.bundlePath(snapshot.manifest.digest)
    let writing = try BundleWriting(snapshot, to: path, mode: 0o600)
    try await reserved()
    try writing.finish()
    return try folder.open(path, manifest: snapshot.manifest)
  }

  /// Spares the next start from reading the bundle; without it that start only takes longer.
  @concurrent private static func keepManifest(
    _ manifest: Manifest,
    after last: Manifest?,
    in folder: StoreFolder
  ) async {
    try? folder.write(manifest, after: last)
  }

  private func trim() {
    while bundles.count > Self.kept {
      let old = bundles.removeFirst()
      StoreFolder(folder).remove(old.digest)
    }
  }
}
