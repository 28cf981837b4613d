import Bundler
import Foundation
package import ProjectModel
package import SyncProtocol

/// The archive of one version of a client: what a new client is unpacked from and older ones update to.
///
/// A tar.gz, the same bytes for the same files on every machine.
enum UpdateArchive {
  static let fileName = "update.linux.4darchive"

  /// Packs a folder.
  ///
  /// - Returns: SHA-256 and size of the archive.
  /// - Throws: `DeploymentError` with code `archive`.
  static func pack(
    _ folder: String,
    to path: String
  ) async throws(DeploymentError) -> (digest: Digest, size: Int) {
    do throws(SystemProgram.Failure) {
      try await SystemProgram.run(
        "tar",
        [
          "--create", "--file", path, "--use-compress-program", "gzip -n", "--format", "gnu",
          "--sort", "name", "--owner", "0", "--group", "0", "--numeric-owner", "--mtime", "@0",
          "--directory", folder, ".",
        ]
      )
    } catch {
      throw DeploymentError(.archive, "The client's update cannot be packed: \(error.reason).")
    }
    return try digest(of: path)
  }

  /// Unpacks into an empty folder, with the files' rights and as this account's own.
  ///
  /// - Throws: `FileTree.Failure` for whatever stands in the way; a wrong archive is found before.
  static func unpack(_ path: String, into folder: String) async throws(FileTree.Failure) {
    do throws(SystemProgram.Failure) {
      try await SystemProgram.run(
        "tar",
        [
          "--extract", "--file", path, "--gzip", "--no-same-owner", "--same-permissions",
          "--directory", folder,
        ]
      )
    } catch {
      throw FileTree.Failure(path: folder, reason: error.reason.withoutFullStop)
    }
  }

  /// Bytes that the unpacked archive takes, as its gzip says at its end (RFC 1952 §2.3.1); modulo
  /// 4 GiB, which no client comes near.
  static func unpackedSize(of path: String) -> Int {
    guard let file = try? FileHandle(forReadingFrom: URL(filePath: path)) else { return 0 }
    defer { try? file.close() }
    guard let end = try? file.seekToEnd(), end >= 4, (try? file.seek(toOffset: end - 4)) != nil,
      let bytes = try? file.read(upToCount: 4)
    else { return 0 }
    return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// SHA-256 and size of a file.
  ///
  /// - Throws: `DeploymentError` with code `archive`.
  static func digest(of path: String) throws(DeploymentError) -> (digest: Digest, size: Int) {
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      let hasher = SHA256Hasher()
      var size = 0
      while let part = try file.read(upToCount: 1 << 20), !part.isEmpty {
        part.withUnsafeBytes { hasher.update($0) }
        size += part.count
      }
      return (hasher.finish(), size)
    } catch {
      throw DeploymentError(
        .archive,
        "\(path) cannot be read: \(error.localizedDescription.withoutFullStop)."
      )
    }
  }

  /// The name of a version's folder: its number, and the start of the archive's digest.
  static func versionName(_ version: Int, _ digest: Digest) -> String {
    "\(version)-\(digest.hex.prefix(8))"
  }
}

extension ApplicationInfo {
  /// What the server offers its clients; `nil` when the folder holds no update for Linux.
  package var offer: UpdateOffer? {
    linux.map { update in
      UpdateOffer(
        application: name,
        version: current,
        platform: update.platform,
        digest: update.digest,
        size: update.size,
        signature: update.signature
      )
    }
  }
}
