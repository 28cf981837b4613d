import Bundler
import Glibc
package import SyncProtocol
import Synchronization

/// The open challenges to clients that say they can write the project folder.
///
/// A client creates the named file with the nonce in it. The file's name is made here and never
/// comes from a request, so no request can lead elsewhere.
package final class DevelopmentChallenges: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private struct Open {
    let name: String
    let nonce: String
    let until: Instant
  }

  private static let folder = ".syncd"
  /// More than a nonce and a line end have.
  private static let mostBytes = 256

  private let root: String
  private let open = Mutex<[String: Open]>([:])

  package init(root: String) { self.root = root }

  /// Makes the challenge of a session; an earlier one of it is void.
  package func issue(for session: String, at now: Instant) -> DevelopmentChallenge {
    let (name, nonce) = (RandomID.text(), RandomID.text())
    let until = now.advanced(by: .seconds(DevelopmentChallenge.lifeSeconds))
    open.withLock { open in
      open = open.filter { $0.value.until > now }
      open[session] = Open(name: name, nonce: nonce, until: until)
    }
    return DevelopmentChallenge(file: "\(Self.folder)/\(name)", nonce: nonce)
  }

  /// Uses up a session's challenge, and removes its file.
  ///
  /// - Returns: whether the file was there in time, with the nonce in it.
  package func isMet(by session: String, at now: Instant) -> Bool {
    guard let challenge = open.withLock({ $0.removeValue(forKey: session) }) else { return false }
    let content = take(challenge.name)
    guard challenge.until > now, let content else { return false }
    return MessageAuthentication.areEqual(
      SHA256.digest(of: content),
      SHA256.digest(of: Array(challenge.nonce.utf8))
    )
  }

  /// Drops the challenge of a session that has ended.
  package func forget(_ session: String) { open.withLock { $0[session] = nil } }

  /// Reads a file of the folder and removes it; `nil` for anything but a small regular file.
  private func take(_ name: String) -> [UInt8]? {
    let top = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard top >= 0 else { return nil }
    defer { close(top) }
    let folder = openat(top, Self.folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    defer {
      close(folder)
      // Stays when another client's file is in it.
      unlinkat(top, Self.folder, AT_REMOVEDIR)
    }
    // Without waiting: a pipe of this name must hold up nobody.
    let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    // Whatever it is, it has done its service.
    unlinkat(folder, name, 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard status.st_size <= Self.mostBytes else { return nil }
    var buffer = [UInt8](repeating: 0, count: Self.mostBytes + 1)
    let count = read(file, &buffer, buffer.count)
    guard count > 0, count <= Self.mostBytes else { return nil }
    let lineEnds = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    return Array(buffer[..<count].prefix { !lineEnds.contains($0) })
  }
}
