import Bundler
import SyncProtocol

/// Brings a local bundle to a generation, by a delta where there is one.
struct BundleUpdater {
  enum Outcome {
    /// The local file is this generation already.
    case upToDate
    /// So many bytes came for it.
    case updated(received: UInt64, isDelta: Bool)
    /// The server does not keep the generation any more; a newer one is on its way.
    case gone
  }

  private let target: String
  private var local: LocalBundle

  init(_ target: String) {
    self.target = target
    local = LocalBundle(at: target)
  }

  /// Whether a delta may do: there is a local bundle that a server may know.
  var hasBase: Bool { local.file != nil }

  /// - Parameters:
  ///   - record: the generation.
  ///   - connection: the server that has it.
  ///   - report: told of progress, and of another client that is waited for.
  /// - Returns: what was done.
  /// - Throws: `ClientError`; the local file is then as it was.
  mutating func update(
    to record: GenerationRecord,
    on connection: ServerConnection,
    report: @escaping @Sendable (BundleFollower.Step) -> Void
  ) async throws -> Outcome {
    guard record.digest != local.digest else { return .upToDate }
    if let (file, received) = try await updateByDelta(to: record, on: connection, report) {
      local.replaced(by: file)
      return .updated(received: received, isDelta: true)
    }
    do {
      let (file, received) = try await BundleDownload(connection: connection, target: target)
        .run(record, report: report)
      local.replaced(by: file)
      return .updated(received: received, isDelta: false)
    } catch let error as ClientError
      where error.problem?.problemType == .notFound || error.problem?.problemType == .trimmed
    {
      return .gone
    }
  }

  /// - Returns: `nil` where no delta leads from the local file to the generation.
  private mutating func updateByDelta(
    to record: GenerationRecord,
    on connection: ServerConnection,
    _ report: @escaping @Sendable (BundleFollower.Step) -> Void
  ) async throws -> (file: BundleFile, received: UInt64)? {
    guard let base = local.file else { return nil }
    // A zlib that packs in another way needs the packed members.
    for form in [DeltaForm.content, .packed] {
      if local.delta?.to != record.digest || local.delta?.form != form {
        local.delta = PartialDelta(from: base, to: record.digest, form: form, path: target)
      }
      guard let delta = local.delta else { return nil }
      do {
        return try await DeltaDownload(connection: connection, delta: delta).run {
          report(.progress(received: $0, size: $1))
        }
      } catch let error as DeltaDownload.Useless {
        local.delta = nil
        if error.isBaseDamaged { local.lost() }
        guard error.mayBePacked else { return nil }
      }
    }
    return nil
  }
}
