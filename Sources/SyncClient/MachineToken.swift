import Glibc
import SyncProtocol

/// What `projectToken.json` in the project system folder holds: who can read it is on the server's
/// machine, in its account (4d-domain §7.4).
package struct MachineToken: Hashable, Sendable {
  private struct Content: Codable {
    let machine: String
    let project: String
    let secret: String
  }

  private static let mostBytes = 64 * 1024

  /// The UUID of the machine.
  package let machine: String
  /// The project's path.
  package let project: String
  let secret: [UInt8]

  /// Reads the file.
  ///
  /// - Throws: `ClientError` with code `localFile`: the file is missing, another account can read or
  ///   change it, or it holds something else.
  package init(readingFrom path: String) throws(ClientError) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ClientError(
        .localFile,
        "\(path) cannot be read (\(String(cString: strerror(errno)))): start the server, "
          + "which writes it, and ask from its own account."
      )
    }
    defer { close(descriptor) }
    try Self.checkRights(of: descriptor, path)
    guard let content = try? WireJSON.decode(Content.self, from: Self.bytes(of: descriptor)),
      let secret = Self.bytes(hex: content.secret), secret.count >= 16
    else {
      throw ClientError(.localFile, "\(path) is no project token: restart the server.")
    }
    machine = content.machine
    project = content.project
    self.secret = secret
  }

  private static func checkRights(of descriptor: Int32, _ path: String) throws(ClientError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), status.st_mode & 0o177 == 0
    else {
      throw ClientError(
        .localFile,
        "\(path) is not this account's alone, so its secret proves nothing: "
          + "remove it and restart the server."
      )
    }
  }

  private static func bytes(of descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4_096)
    while bytes.count < mostBytes {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return bytes
  }

  private static func bytes(hex: String) -> [UInt8]? {
    let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(UInt8(high * 16 + low))
    }
    return bytes
  }
}
