import Bundler
import Foundation
import Glibc
package import SyncProtocol

/// The keys of servers that no authority vouches for, by address: `known-servers.json`.
///
/// Read anew for each question and replaced in one step under a lock, for several clients of one
/// account share it.
package struct KnownServers: Hashable, Sendable {
  /// What to do with a key that a server shows.
  package enum Verdict: Hashable, Sendable {
    case known
    /// The first key of this server, or one that the user accepts: it is pinned now.
    case pinned
    /// Another key is pinned, or the one that the user named is another one.
    case changed(from: String)
  }

  private struct Content: Codable {
    var servers: [String: String] = [:]
  }

  private static let mostBytes = 4 << 20

  package let path: String

  /// Names the file; its folder is made when something is to be kept.
  package init(path: String) { self.path = path }

  /// The pinned fingerprint of a server.
  ///
  /// - Throws: `ClientError` with code `localFile` when the file cannot be read.
  package func fingerprint(of server: ServerAddress) throws(ClientError) -> String? {
    try read().servers[Self.name(server)]
  }

  /// Judges a key by its fingerprint, and pins it when it is the first one or the `accepted` one.
  ///
  /// - Throws: `ClientError` with code `localFile` when the file cannot be read or written: a key
  ///   that cannot be remembered is not accepted.
  package func judge(
    _ fingerprint: String,
    of server: ServerAddress,
    accepting accepted: String?
  ) throws(ClientError) -> Verdict {
    let folder = (path as NSString).deletingLastPathComponent
    try? FileManager.default.createDirectory(
      atPath: folder,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw failure("written") }
    defer { close(lock) }
    while flock(lock, LOCK_EX) != 0 { guard errno == EINTR else { throw failure("locked") } }
    var content = try read()
    let known = content.servers[Self.name(server)]
    if known == fingerprint { return .known }
    if fingerprint != accepted, let expected = known ?? accepted {
      return .changed(from: expected)
    }
    content.servers[Self.name(server)] = fingerprint
    try write(content)
    return .pinned
  }

  private static func name(_ server: ServerAddress) -> String { server.description.lowercased() }

  private func read() throws(ClientError) -> Content {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return Content() }
      throw failure("read")
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard let data = try? file.read(upToCount: Self.mostBytes) ?? Data(),
      let content = try? JSONDecoder().decode(Content.self, from: data)
    else {
      // An empty list in its place would pin whoever answers next.
      throw ClientError(
        .localFile,
        "\(path) is damaged: mend it, or remove it to have every server's key pinned anew."
      )
    }
    return content
  }

  private func write(_ content: Content) throws(ClientError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(content) else { throw failure("written") }
    do {
      try SmallFile.replace(path, with: Array(data))
    } catch {
      throw failure("written", error.reason)
    }
  }

  private func failure(
    _ what: String,
    _ reason: String = String(cString: strerror(errno))
  ) -> ClientError {
    ClientError(
      .localFile,
      "\(path) cannot be \(what) (\(reason)): without it a server's key "
        + "cannot be remembered; give this account the right to it."
    )
  }
}
