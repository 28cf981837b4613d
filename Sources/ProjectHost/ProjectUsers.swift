import Glibc
import ProjectModel
package import SyncProtocol
import Synchronization

/// The users of `directory.json`, read again whenever the file has changed.
///
/// A file that cannot be read never opens the door: the last users that could be read go on to
/// count, and without any a password is asked for that nobody has.
package final class ProjectUsers: Sendable {
  /// What tells two states of a file apart.
  private struct Stamp: Hashable {
    let file: String
    let inode: UInt64
    let size: Int64
    let modified: Int64
    let changed: Int64
  }

  private enum Users {
    /// There is no file: everybody is the Designer, as in 4D (4d-domain §6.1).
    case none
    case known(DirectoryDocument)
    case unreadable
  }

  private struct State {
    var stamp: Stamp?
    var users = Users.unreadable
  }

  private let locate: @Sendable () -> DirectoryLocation
  private let passwords: PasswordHashing
  private let state = Mutex(State())

  package convenience init(root: String, passwords: PasswordHashing) {
    self.init(passwords: passwords) { DirectoryLocation(below: root) }
  }

  /// Reads the file that `locate` finds; it may be another one each time.
  package init(
    passwords: PasswordHashing,
    locate: @escaping @Sendable () -> DirectoryLocation
  ) {
    self.locate = locate
    self.passwords = passwords
    refresh()
  }

  /// Whether a user and a password are asked of remote clients (4d-domain §6.4).
  package var designerHasPassword: Bool {
    state.withLock { state in
      switch state.users {
      case .none: false
      case .known(let document): document.designerHasPassword
      case .unreadable: true
      }
    }
  }

  /// Looks whether the file in use has changed; two calls of `stat` where it has not.
  package func refresh() {
    let location = locate()
    let stamp = Self.stamp(of: location.file)
    state.withLock { state in
      guard let stamp else {
        state = State(stamp: nil, users: .none)
        return
      }
      guard stamp != state.stamp else { return }
      state.stamp = stamp
      if let document = read(location) {
        state.users = .known(document)
      } else if case .none = state.users {
        state.users = .unreadable
      }
    }
  }

  /// Checks a password, at the same cost for users that do not exist.
  ///
  /// - Throws: `auth-required`, with one sentence for every cause; `too-many` when too many passwords
  ///   are being checked.
  package func authenticate(
    user: String,
    password: String
  ) async throws(ProblemDetails) -> AuthenticatedUser {
    refresh()
    let known: DirectoryDocument? = state.withLock { state in
      if case .known(let document) = state.users { document } else { nil }
    }
    let verdict = try await passwords.verify(
      ClearPassword(password),
      against: known?.credential(of: user)
    )
    guard verdict == .verified, let known, let found = known.user(named: user) else {
      throw ProblemDetails(
        .authenticationRequired,
        detail: "The user and the password do not fit; a password of an old 4D has to be set anew."
      )
    }
    return AuthenticatedUser(
      name: found.alias ?? found.name,
      mayDevelop: known.hasDesignAccess(found.name)
    )
  }

  /// Whether a user is there and may develop, as the file says it now.
  package func mayDevelop(_ name: String) -> Bool {
    state.withLock { state in
      guard case .known(let document) = state.users, let user = document.user(named: name) else {
        return false
      }
      return document.hasDesignAccess(user.name)
    }
  }

  private func read(_ location: DirectoryLocation) -> DirectoryDocument? {
    let descriptor = open(location.file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 { return nil }
      if count == 0 { return try? DirectoryDocument(parsing: bytes, at: location.path) }
      bytes += buffer[..<count]
    }
  }

  private static func stamp(of file: String) -> Stamp? {
    var status = stat()
    guard stat(file, &status) == 0 else { return nil }
    return Stamp(
      file: file,
      inode: UInt64(status.st_ino),
      size: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      changed: Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    )
  }
}
