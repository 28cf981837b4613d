import Foundation
package import ProjectModel
package import SyncProtocol

/// Where a client gets its updates: the server that it is paired with, or a folder.
package protocol UpdateSource: Sendable {
  /// The versions that the server takes; `nil` when it takes all.
  func versions() async throws -> ClientVersions?

  /// The client that the source holds for this platform; `nil` when it holds none.
  func offer() async throws -> UpdateOffer?

  /// Brings an offered archive into a file, going on from what is there of it already.
  ///
  /// - Parameters:
  ///   - offer: what `offer()` gave.
  ///   - path: the file; what it has already is of the same offer.
  ///   - progress: told bytes received and bytes in all.
  /// - Throws: what keeps the archive from coming whole; its sentence is shown.
  func fetch(
    _ offer: UpdateOffer,
    to path: String,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws
}

/// An `Upgrade4DClient` folder as an update's source: on a share, or carried to a machine by hand.
package struct UpdateFolder: UpdateSource {
  private let path: String

  package init(_ path: String) { self.path = path }

  package func versions() async throws -> ClientVersions? { nil }

  package func offer() async throws -> UpdateOffer? { try HeldUpdate(in: path).offer }

  package func fetch(
    _ offer: UpdateOffer,
    to file: String,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    let held = try HeldUpdate(in: path)
    do {
      try FileTree.remove(file)
      try FileTree.copyFile(held.path, to: file, mode: 0o600)
    } catch {
      // Half of it only takes room.
      try? FileTree.remove(file)
      throw DeploymentError(.archive, "\(held.path) cannot be copied: \(error.reason).")
    }
    progress(UInt64(clamping: offer.size), UInt64(clamping: offer.size))
  }
}
