import Bundler
import Glibc
package import ProjectModel
package import SyncProtocol

/// A server that a merged client has paired with: what it takes, and the program that it holds.
package struct PairedServer: Sendable {
  private let connection: ServerConnection
  private let answer: PairingAnswer

  package var versions: ClientVersions { answer.versions }
  /// The client program for this platform, if the server holds one.
  package var update: UpdateOffer? { answer.update }

  /// Pairs with a server.
  ///
  /// - Throws: `ClientError`, with code `refused` for a server of another application.
  package init(_ connection: ServerConnection, as pairing: ClientPairing) async throws {
    self.connection = connection
    answer = try await connection.transport.pair(pairing)
  }

  /// Fetches the offered archive; what is in the file already is gone on with.
  ///
  /// One fetches into a file at a time: the caller sees to it.
  ///
  /// - Parameters:
  ///   - offer: what `update` gave.
  ///   - path: where the whole archive will be; what came of it so far is beside it.
  ///   - progress: told the bytes received so far and the size.
  /// - Throws: `ClientError`; what came is gone on with the next time, unless it was wrong or there is
  ///   no room for more.
  package func fetch(
    _ offer: UpdateOffer,
    to path: String,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    let fetched = FetchedUpdate(at: path)
    if SHA256.digest(ofFileAt: path) == offer.digest { return }
    fetched.removeParts(besides: offer)
    let part = fetched.part(of: offer)
    let descriptor = open(part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ClientError.unwritable(part) }
    defer { close(descriptor) }
    var start = UInt64(max(0, lseek(descriptor, 0, SEEK_END)))
    if start > offer.size {
      guard ftruncate(descriptor, 0) == 0 else { throw ClientError.unwritable(path) }
      start = 0
    }
    let download = ResumableDownload(
      connection: connection,
      path: "\(Route.updates)/\(offer.digest)",
      digest: offer.digest,
      size: UInt64(clamping: offer.size),
      target: path,
      headers: [(PairingMessage.tokenField, answer.token)]
    )
    do {
      try await download.receive(from: start, into: descriptor, progress: progress)
      guard fsync(descriptor) == 0 else { throw ClientError.unwritable(path) }
    } catch let error as ClientError where error.code == .localFile {
      // It would keep the disk full, and the client has more to write there.
      unlink(part)
      throw error
    }
    guard SHA256.digest(ofFile: descriptor) == offer.digest else {
      // Going on with it leads nowhere.
      unlink(part)
      throw ClientError(
        .verification,
        "The update that \(connection.endpoint) sent is not the one that it offered; "
          + "start again to fetch it anew."
      )
    }
    guard rename(part, path) == 0 else { throw ClientError.unwritable(path) }
  }
}
