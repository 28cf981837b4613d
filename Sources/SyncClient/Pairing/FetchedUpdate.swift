import Bundler
import Glibc
import ProjectModel
package import SyncProtocol

/// What a client has fetched of an update: the whole archive, or what came of it so far beside it.
///
/// One start of a client has to do with it at a time: the caller sees to it.
package struct FetchedUpdate: Hashable, Sendable {
  /// Bytes that an update leaves free: the client writes its project to the same disk.
  private static let margin: UInt64 = 16 << 20
  private static let bytesInMB: UInt64 = 1_000_000

  /// Where the whole archive is, or will be.
  package let path: String

  package init(at path: String) { self.path = path }

  /// Where the first bytes of an offered archive are.
  func part(of offer: UpdateOffer) -> String { "\(path)-\(offer.digest.hex.prefix(16))" }

  /// Looks for room for what is still to come of an offer; what came of others goes.
  ///
  /// - Throws: `ClientError` with code `localFile` where there is too little.
  package func makeRoom(for offer: UpdateOffer) throws(ClientError) {
    if SHA256.digest(ofFileAt: path) == offer.digest { return }
    unlink(path)
    removeParts(besides: offer)
    var status = stat()
    let there = lstat(part(of: offer), &status) == 0 ? UInt64(clamping: status.st_size) : 0
    let size = UInt64(clamping: offer.size)
    let need = size - min(there, size) + Self.margin
    guard let free, free < need else { return }
    throw ClientError(
      .localFile,
      "Version \(offer.version) cannot be fetched: \(Self.rounded(need)) MB are needed in \(folder), "
        + "and \(free / Self.bytesInMB) MB are free. Make room there and start again."
    )
  }

  /// Removes what came of other offers.
  func removeParts(besides offer: UpdateOffer) {
    let own = part(of: offer)
    for other in parts.files where other != own { unlink(other) }
  }

  /// Whether the client can go on with what is left of the disk.
  package var leavesRoom: Bool { free.map { $0 >= Self.margin } ?? true }

  /// Removes all that was fetched.
  package func remove() { for file in [path] + parts.files { unlink(file) } }

  private var parts: DownloadParts { DownloadParts(of: path) { "\($0)-" } }
  private var folder: String { parts.folder }

  /// Bytes that this account may still write beside the archive; `nil` where the system does not say.
  private var free: UInt64? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }

  private static func rounded(_ bytes: UInt64) -> UInt64 { (bytes + bytesInMB - 1) / bytesInMB }
}
