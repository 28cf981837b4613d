import Bundler
import Glibc
import ProjectModel
import SyncProtocol

/// Fetches a bundle beside its target and puts it there only when it is whole and verified.
struct BundleDownload {
  let connection: ServerConnection
  let target: String

  /// Beside the target, named by the digest: what is there already of this bundle is gone on with,
  /// also by the next run.
  private func temporary(_ digest: Digest) -> String {
    let slash = target.lastIndex(of: "/").map(target.index(after:)) ?? target.startIndex
    return "\(target[..<slash]).\(target[slash...]).syncd-\(digest.hex.prefix(16))"
  }

  /// Downloads, verifies against the digest, and replaces the target in one step.
  ///
  /// - Parameters:
  ///   - record: the generation to fetch.
  ///   - report: told of the bytes received so far, and of another client that is waited for.
  /// - Returns: the new file, and the bytes that came for it now.
  /// - Throws: `ClientError`; the target is then as it was.
  func run(
    _ record: GenerationRecord,
    report: @escaping @Sendable (BundleFollower.Step) -> Void
  ) async throws -> (file: BundleFile, received: UInt64) {
    while true {
      if let part = try await PartFile.claim(
        temporary(record.digest),
        for: target,
        waiting: { report(.waiting) }
      ) {
        return try await fetch(record, into: part, report)
      }
      // The other client's file is as good.
      if let file = LocalBundle(at: target).file, file.digest == record.digest { return (file, 0) }
    }
  }

  private func fetch(
    _ record: GenerationRecord,
    into part: borrowing PartFile,
    _ report: @escaping @Sendable (BundleFollower.Step) -> Void
  ) async throws -> (file: BundleFile, received: UInt64) {
    let (temporary, descriptor) = (part.path, part.descriptor)
    let start = lseek(descriptor, 0, SEEK_END)
    guard start >= 0 else { throw localFailure() }
    let download = ResumableDownload(
      connection: connection,
      path: "\(Route.bundles)/\(record.digest)",
      digest: record.digest,
      size: record.size,
      target: target
    )
    try await download.receive(from: UInt64(start), into: descriptor) {
      report(.progress(received: $0, size: $1))
    }
    do {
      let manifest = try verify(temporary, record.digest)
      guard fchmod(descriptor, 0o444) == 0, fsync(descriptor) == 0, rename(temporary, target) == 0
      else { throw localFailure() }
      try syncFolder()
      // What downloads of others left and nobody goes on with.
      DownloadParts(of: target) { ".\($0).syncd-" }.files.forEach(PartFile.discard)
      let file = try BundleFile(path: target, manifest: manifest)
      return (file, record.size - min(record.size, UInt64(start)))
    } catch {
      // Whatever it is, going on with it leads nowhere.
      unlink(temporary)
      throw error
    }
  }

  private func verify(_ path: String, _ digest: Digest) throws(ClientError) -> Manifest {
    let manifest: Manifest
    do {
      manifest = try verifyBundle(at: path)
    } catch {
      throw ClientError(.verification, "The downloaded bundle is damaged: \(error).")
    }
    guard manifest.digest == digest else {
      throw ClientError(
        .verification,
        "The downloaded bundle is \(manifest.digest), not the promised \(digest); \(target) is kept as it was."
      )
    }
    return manifest
  }

  private func syncFolder() throws(ClientError) {
    let slash = target.lastIndex(of: "/").map(target.index(after:)) ?? target.startIndex
    let folder = open(
      slash == target.startIndex ? "." : String(target[..<slash]),
      O_RDONLY | O_CLOEXEC
    )
    guard folder >= 0 else { throw localFailure() }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw localFailure() }
  }

  private func localFailure() -> ClientError { .unwritable(target) }
}
