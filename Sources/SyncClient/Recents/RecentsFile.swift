import Bundler
import Glibc
import SyncProtocol

/// The file with the recent servers, shared by all commands of an account.
package struct RecentsFile: Sendable {
  private static let mostBytes = 1 << 20

  package let path: String
  private var folder: String {
    String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
  }

  /// - Parameter path: the absolute path of `recents.json`; its folder is made when it is written.
  package init(path: String) { self.path = path }

  /// Reads the list; an absent file is an empty one.
  ///
  /// - Throws: `ClientError` with code `localFile` for a file that cannot be read or understood.
  package func read() throws(ClientError) -> RecentServers {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return RecentServers() }
      throw failure("read")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= Self.mostBytes {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("read") }
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
    try makeFolder()
    // A file of its own: the list is replaced, and a lock on it would go with the old one.
    let lock = open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw failure("locked") }
    defer { close(lock) }
    while flock(lock, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failure("locked") }
    }
    var list = try read()
    let before = list
    let result = body(&list)
    if list != before { try write(list) }
    return result
  }

  private func makeFolder() throws(ClientError) {
    var made = ""
    for component in folder.split(separator: "/") {
      made += "/" + component
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw failure("written") }
    }
  }

  private func write(_ list: RecentServers) throws(ClientError) {
    guard let encoded = try? WireJSON.encode(list) else { throw failure("written") }
    do {
      try SmallFile.replace(path, with: Array(encoded) + [UInt8(ascii: "\n")])
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
      "\(path) cannot be \(what): \(reason); "
        + "give this account the right and free space."
    )
  }
}
