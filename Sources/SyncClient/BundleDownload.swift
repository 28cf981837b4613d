import Bundler
import Glibc
import NIOCore
import NIOHTTP1
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
  ///   - progress: told the bytes received so far and the size.
  /// - Returns: the new file, and the bytes that came for it now.
  /// - Throws: `ClientError`; the target is then as it was.
  func run(
    _ record: GenerationRecord,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws -> (file: BundleFile, received: UInt64) {
    let temporary = temporary(record.digest)
    let descriptor = open(temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw localFailure() }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw ClientError(.localFile, "Another client is writing \(target): stop one of them.")
    }
    let start = lseek(descriptor, 0, SEEK_END)
    guard start >= 0 else { throw localFailure() }
    try await receive(record, from: UInt64(start), into: descriptor, progress: progress)
    do {
      let manifest = try verify(temporary, record.digest)
      guard fchmod(descriptor, 0o444) == 0, fsync(descriptor) == 0, rename(temporary, target) == 0
      else { throw localFailure() }
      try syncFolder()
      removeOthers()
      let file = try BundleFile(path: target, manifest: manifest)
      return (file, record.size - min(record.size, UInt64(start)))
    } catch {
      // Whatever it is, going on with it leads nowhere.
      unlink(temporary)
      throw error
    }
  }

  private func receive(
    _ record: GenerationRecord,
    from start: UInt64,
    into descriptor: Int32,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    if start == record.size { return }
    var request = HTTPTransport.Request(path: "\(Route.bundles)/\(record.digest)")
    if start > 0, start < record.size {
      request.headers += [("Range", "bytes=\(start)-"), ("If-Range", "\"\(record.digest)\"")]
    }
    try await connection.transport.exchange(request) { head, body in
      guard [.ok, .partialContent].contains(head.status) else {
        throw ServerConnection.refusal(
          head,
          try await ServerConnection.collect(&body),
          from: connection.endpoint
        )
      }
      var received = head.status == .partialContent ? start : 0
      guard received > 0 || start == 0 || ftruncate(descriptor, 0) == 0,
        lseek(descriptor, off_t(received), SEEK_SET) >= 0
      else { throw localFailure() }
      while received < record.size, let part = try await body.next(isolation: #isolation) {
        guard case .body(let buffer) = part else { continue }
        guard received + UInt64(buffer.readableBytes) <= record.size else {
          throw ClientError(
            .verification,
            "\(connection.endpoint) sends more than the bundle's size."
          )
        }
        try write(buffer, to: descriptor)
        received += UInt64(buffer.readableBytes)
        progress(received, record.size)
      }
      guard received == record.size else {
        throw ClientError(
          .connection,
          "\(connection.endpoint) closed the connection after \(received) of \(record.size) bytes."
        )
      }
    }
  }

  /// Removes what downloads of other bundles left.
  private func removeOthers() {
    let slash = target.lastIndex(of: "/").map(target.index(after:)) ?? target.startIndex
    let folder = slash == target.startIndex ? "." : String(target[..<slash])
    let prefix = ".\(target[slash...]).syncd-"
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(prefix), name.utf8.count == prefix.utf8.count + 16 {
        unlink("\(folder)/\(name)")
      }
    }
  }

  private func write(_ buffer: ByteBuffer, to descriptor: Int32) throws(ClientError) {
    var rest = buffer.readableBytesView[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw localFailure() }
      rest = rest.dropFirst(count)
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

  private func localFailure() -> ClientError {
    ClientError(
      .localFile,
      "\(target) cannot be written (\(String(cString: strerror(errno)))): "
        + "free space or give this account the right; the file is as it was."
    )
  }
}
