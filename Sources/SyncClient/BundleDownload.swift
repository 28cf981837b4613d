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

  private var temporary: String {
    let slash = target.lastIndex(of: "/").map(target.index(after:)) ?? target.startIndex
    return "\(target[..<slash]).\(target[slash...]).syncd-\(getpid())"
  }

  /// Downloads, verifies against the digest, and replaces the target in one step.
  ///
  /// - Parameters:
  ///   - record: the generation to fetch.
  ///   - progress: told the bytes received so far and the size.
  /// - Throws: `ClientError`; the target is then as it was.
  func run(
    _ record: GenerationRecord,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    let temporary = temporary
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
    guard descriptor >= 0 else { throw localFailure() }
    defer { close(descriptor) }
    do {
      try await receive(record, into: descriptor, progress: progress)
      try verify(temporary, record.digest)
      guard fsync(descriptor) == 0, rename(temporary, target) == 0 else { throw localFailure() }
      try syncFolder()
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private func receive(
    _ record: GenerationRecord,
    into descriptor: Int32,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    let path = "\(Route.bundles)/\(record.digest)"
    try await connection.transport.exchange(.init(path: path)) { head, body in
      guard head.status == .ok else {
        throw ServerConnection.refusal(
          head,
          try await ServerConnection.collect(&body),
          from: connection.endpoint
        )
      }
      var received: UInt64 = 0
      while received < record.size, let part = try await body.next(isolation: #isolation) {
        guard case .body(let buffer) = part else { continue }
        received += UInt64(buffer.readableBytes)
        guard received <= record.size else {
          throw ClientError(
            .verification,
            "\(connection.endpoint) sends more than the bundle's size."
          )
        }
        try write(buffer, to: descriptor)
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

  private func write(_ buffer: ByteBuffer, to descriptor: Int32) throws(ClientError) {
    var rest = buffer.readableBytesView[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw localFailure() }
      rest = rest.dropFirst(count)
    }
  }

  private func verify(_ path: String, _ digest: Digest) throws(ClientError) {
    let found: Digest
    do {
      found = try verifyBundle(at: path).digest
    } catch {
      throw ClientError(.verification, "The downloaded bundle is damaged: \(error).")
    }
    guard found == digest else {
      throw ClientError(
        .verification,
        "The downloaded bundle is \(found), not the promised \(digest); \(target) is kept as it was."
      )
    }
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
