import Bundler
import Glibc
import SyncProtocol

/// The file with the recent servers, shared by all commands of an account.
package struct RecentsFile: Sendable {
  private static let mostBytes = 1 << 20

  package let path: String

  /// - Parameter path: the absolute path of `recents.json`; its folder is made when it is written.
  package init(path: String) { self.path = path }

  /// Reads the list; an absent file is an empty one.
  ///
  /// - Throws: `ClientError` with code `localFile` for a file that cannot be read or understood.
  package func read() throws(ClientError) -> RecentServers {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return RecentServers() }
      throw AccountFile.failure(path, "read")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= Self.mostBytes {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw AccountFile.failure(path, "read") }
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    guard let list = try? WireJSON.decode(RecentServers.self, from: bytes), list.isReadable else {
      throw ClientError(
        .localFile,
        "\(path) is not a list of recent servers that this version knows: move it away."
      )
    }
    return list
  }

  /// Changes the list: under a lock, and durable before it returns.
  ///
  /// - Throws: `ClientError` with code `localFile`; the file is then as it was.
  @discardableResult
  package func change<Result>(
    _ body: (inout RecentServers) -> Result
  ) throws(ClientError) -> Result {
    let lock = try AccountFile.lock(path)
    defer { close(lock) }
    var list = try read()
    let before = list
    let result = body(&list)
    if list != before { try write(list) }
    return result
  }

  private func write(_ list: RecentServers) throws(ClientError) {
    guard let encoded = try? WireJSON.encode(list) else {
      throw AccountFile.failure(path, "written")
    }
    do {
      try SmallFile.replace(path, with: Array(encoded) + [UInt8(ascii: "\n")])
    } catch {
      throw AccountFile.failure(path, "written", error.reason)
    }
  }
}
