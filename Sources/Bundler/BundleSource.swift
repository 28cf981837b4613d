/// Where snapshots come from: a project's tree, or an archive that somebody else built.
///
/// Calls are served one after the other. What fails loses nothing: the next update tries again.
package protocol BundleSource: Sendable {
  /// Reads everything, whatever is known.
  func build(
    progress: (@Sendable (BuildProgress) -> Void)?
  ) async throws(BundleError) -> Snapshot

  /// Goes on from the bundle of an earlier run; `index` is what `savedIndex()` gave then.
  func resume(
    from bundle: BundleFile,
    index: [UInt8]?,
    progress: (@Sendable (BuildProgress) -> Void)?
  ) async throws(BundleError) -> Snapshot

  /// Reads what changed: where `changes` say, and where an earlier call failed.
  func update(
    _ changes: [TreeChange],
    progress: (@Sendable (BuildProgress) -> Void)?
  ) async throws(BundleError) -> Snapshot

  /// What spares the next start from reading; `nil` where there is nothing to keep.
  func savedIndex() async -> [UInt8]?
}

extension BundleBuilder: BundleSource {}
