import Bundler
import Glibc
import SyncProtocol

/// What tells one client from others, from one session to the next.
///
/// It is `persistentID` in a session's `info` (4d-domain §9.3): random, and kept in a file of the
/// account.
package struct PersistentID: Sendable {
  private static let bytes = 16

  private let path: String

  /// - Parameter path: the absolute path of the file; its folder is made when it is written.
  package init(path: String) { self.path = path }

  /// The id; it is made where there is none yet.
  ///
  /// - Throws: `ClientError` with code `localFile` when it cannot be kept.
  package func text() throws(ClientError) -> String {
    let lock = try AccountFile.lock(path)
    defer { close(lock) }
    if let known = read() { return known }
    let text = RandomHex.text(bytes: Self.bytes).uppercased()
    do {
      try SmallFile.replace(path, with: Array("\(text)\n".utf8))
    } catch {
      throw AccountFile.failure(path, "written", error.reason)
    }
    return text
  }

  /// `nil` for a file that is not there, or holds something else.
  private func read() -> String? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 2 * Self.bytes + 2)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count == 2 * Self.bytes + 1, bytes[count - 1] == UInt8(ascii: "\n") else { return nil }
    let text = String(decoding: bytes[..<(count - 1)], as: UTF8.self)
    return text.allSatisfy(\.isHexDigit) ? text : nil
  }
}
