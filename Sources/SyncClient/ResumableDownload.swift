import Glibc
import NIOCore
import NIOHTTP1
import ProjectModel

/// Bytes that have a digest for a name, fetched into a file that may have the first of them.
struct ResumableDownload {
  let connection: ServerConnection
  let path: String
  let digest: Digest
  let size: UInt64
  /// What the file is for, in sentences.
  let target: String
  var headers: [(name: String, value: String)] = []

  /// Fetches what is missing behind the first `start` bytes.
  ///
  /// - Throws: `ClientError`; what came is in the file.
  func receive(
    from start: UInt64,
    into descriptor: Int32,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    if start == size { return }
    var request = HTTPTransport.Request(path: path, headers: headers)
    if start > 0, start < size {
      request.headers += [("Range", "bytes=\(start)-"), ("If-Range", "\"\(digest)\"")]
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
      else { throw ClientError.unwritable(target) }
      while received < size, let part = try await body.next(isolation: #isolation) {
        guard case .body(let buffer) = part else { continue }
        guard received + UInt64(buffer.readableBytes) <= size else {
          throw ClientError(
            .verification,
            "\(connection.endpoint) sends more than it said for \(target)."
          )
        }
        try write(buffer, to: descriptor)
        received += UInt64(buffer.readableBytes)
        progress(received, size)
      }
      guard received == size else {
        throw ClientError(
          .connection,
          "\(connection.endpoint) closed the connection after \(received) of \(size) bytes."
        )
      }
    }
  }

  private func write(_ buffer: ByteBuffer, to descriptor: Int32) throws(ClientError) {
    var rest = buffer.readableBytesView[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .unwritable(target) }
      rest = rest.dropFirst(count)
    }
  }
}

extension ClientError {
  /// What `errno` says of a file that could not be written.
  static func unwritable(_ target: String) -> ClientError {
    ClientError(
      .localFile,
      "\(target) cannot be written (\(String(cString: strerror(errno)))): "
        + "free space or give this account the right; the file is as it was."
    )
  }
}
