import Bundler
import NIOCore
import NIOHTTP1
import ProjectModel
import SyncProtocol

/// Fetches the delta from the client's file to a generation, and applies it as it comes.
struct DeltaDownload {
  /// Why there is no way by a delta: the whole bundle is fetched instead.
  struct Useless: Error {
    /// The local file itself is what is wrong.
    var isBaseDamaged = false
    /// With packed members alone it may work.
    var mayBePacked = false
  }

  let connection: ServerConnection
  let delta: PartialDelta

  /// Gets what is missing of the delta.
  ///
  /// - Parameter progress: told the bytes received so far and the size.
  /// - Returns: the new file, in its place and durable, and the bytes that came for it.
  /// - Throws: `Useless`; `ClientError` when the connection broke, and what came is kept.
  func run(
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws -> (file: BundleFile, received: UInt64) {
    delta.applier.discardPartialFrame()
    let start = delta.applier.resumeOffset
    do {
      try await receive(from: start, progress: progress)
      return (try delta.applier.finish(), delta.applier.received)
    } catch let error as BundleError {
      guard error.code != .diskFull, error.code != .inputOutput else {
        throw ClientError(.localFile, "\(error.what): \(error.path); \(error.remedy)")
      }
      throw Useless(
        isBaseDamaged: error.code == .damagedBase,
        mayBePacked: error.code == .otherZlib
      )
    }
  }

  private func receive(
    from start: UInt64,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    var request = HTTPTransport.Request(
      path: "\(Route.deltas)/\(delta.from)/\(delta.to)?form=\(delta.form.rawValue)"
    )
    if start > 0, let tag = delta.tag {
      request.headers += [("Range", "bytes=\(start)-"), ("If-Range", tag)]
    }
    let delta = delta
    try await connection.transport.exchange(request) { head, body in
      guard [.ok, .partialContent].contains(head.status) else {
        let refusal = ServerConnection.refusal(
          head,
          try await ServerConnection.collect(&body),
          from: connection.endpoint
        )
        // An old server, a base that it no longer keeps, bundles with little in common.
        if [400, 404, 405, 410].contains(Int(head.status.code)) {
          throw Useless()
        }
        throw refusal
      }
      // Other bytes than those that began: the whole delta comes, and the applier has only a part.
      guard start == 0 || head.status == .partialContent else {
        throw Useless()
      }
      delta.tag = head.headers.first(name: "etag")
      let size = start + (head.headers.first(name: "content-length").flatMap { UInt64($0) } ?? 0)
      while case .body(let buffer) = try await body.next(isolation: #isolation) {
        try delta.applier.feed(buffer.readableBytesView)
        progress(delta.applier.received, size)
      }
      guard delta.applier.isComplete else {
        throw ClientError(
          .connection,
          "\(connection.endpoint) closed the connection in the middle of a delta."
        )
      }
    }
  }
}
