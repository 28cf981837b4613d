internal import Glibc
package import ProjectModel

/// The folder of published bundles.
///
/// The last two are whole files, `<digest>.4dz` with `<digest>.manifest`; of the six before, and of
/// older ones that are pinned, `<digest>.past` has what newer ones lack. Whatever is kept can be
/// served whole and as either end of a delta. A bundle there is durable; a reader that has one open
/// keeps it when its name goes.
package actor BundleStore {
  /// What the store may take on the disk by default, in bytes.
  package static let defaultKeepBytes: UInt64 = 2_000_000_000
  /// While callers wait to publish, tidying can wait until there are more whole files than this.
  private static let mostWaiting = 4

  let files: StoreFolder
  let plan: KeepPlan
  let turn = Turn()
  /// In the order of publishing, the newest last.
  var kept: [KeptGeneration] = []
  /// What is being written; its packed members can be read already.
  var pending: Snapshot?
  /// How often each digest is pinned.
  var pins: [Digest: Int] = [:]
  /// What an earlier run must have kept for a pin.
  var inherited: Set<Digest> = []
  var trimmed: TrimmedList
  var deltas = DeltaCache(mostBytes: 64 << 20)
  var assembling: [Digest: Task<Result<BundleFile, BundleError>, Never>] = [:]
  /// The older bundle that was put together last.
  var assembled: BundleFile?

  /// Takes over the folder, which must exist, with what an earlier run left in it; unfinished files
  /// are removed.
  ///
  /// Beyond `keepBytes` older generations go, whoever pins them; the newest bundle stays.
  package init(
    folder: String,
    keepBytes: UInt64 = BundleStore.defaultKeepBytes
  ) throws(BundleError) {
    files = StoreFolder(folder)
    plan = KeepPlan(bytes: keepBytes)
    trimmed = TrimmedList(folder: folder)
    let found = try files.recover()
    kept = found.kept
    for digest in found.lost { trimmed.append(digest) }
    for generation in kept { trimmed.remove(generation.digest) }
    inherited = Set(kept.dropLast(KeepPlan.generations).map(\.digest))
  }

  /// The newest bundle.
  package var latest: BundleFile? { kept.last { $0.bundle != nil }?.bundle }

  /// The bundle, if its whole file is there.
  package func bundle(_ digest: Digest) -> BundleFile? {
    kept.last { $0.digest == digest }?.bundle
  }

  /// The manifest of a kept generation, also of an older one.
  package func manifest(_ digest: Digest) -> Manifest? {
    kept.last { $0.digest == digest }?.manifest
  }

  /// What `saveIndex` kept, in this run or an earlier one; whoever uses it checks it.
  package var savedIndex: [UInt8]? { files.readIndex() }

  /// Keeps a builder's index for the next start.
  package func saveIndex(_ index: [UInt8]) throws(BundleError) {
    try files.write(index: index)
  }

  /// Writes the snapshot's bundle, if there is none of its digest, and returns when it is durable
  /// and older ones are tidied away.
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
    if let index = kept.lastIndex(where: { $0.digest == digest && $0.bundle?.isIntact == true }),
      let bundle = kept[index].bundle
    {
      kept.append(kept.remove(at: index))
      snapshot.lineage.record(snapshot.number, in: bundle)
      try await reserved()
      await durable()
      await tidy()
      return bundle
    }
    pending = snapshot
    defer { pending = nil }
    let last = latest?.manifest
    // The times of the files tell the next start their order: no two in one tick of the clock.
    let stamp = max(FileSignature.now(), (kept.last?.published ?? 0) &+ 1)
    let bundle = try await Self.write(snapshot, to: files, stamp: stamp, reserved: reserved)
    // Nobody else publishes while the turn is taken, so the list is as it was.
    kept.removeAll { $0.digest == digest }
    kept.append(KeptGeneration(form: .whole(bundle)))
    pending = nil
    trimmed.remove(digest)
    snapshot.lineage.record(snapshot.number, in: bundle)
    await durable()
    files.removePast(digest)
    await Self.keepManifest(snapshot.manifest, after: last, in: files)
    let isUrgent = kept.count { $0.bundle != nil } > Self.mostWaiting
    if isUrgent || !turn.isWanted { await tidy() }
    return bundle
  }

  @concurrent private static func write(
    _ snapshot: Snapshot,
    to folder: StoreFolder,
    stamp: Int64,
    reserved: @Sendable () async throws -> Void
  ) async throws -> BundleFile {
    if let base = snapshot.base, !base.isIntact { throw BundleError.lostBase }
    let path = folder.bundlePath(snapshot.manifest.digest)
    let writing = try BundleWriting(snapshot, to: path, mode: 0o600)
    try await reserved()
    try writing.finish(stamp: stamp)
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
}
