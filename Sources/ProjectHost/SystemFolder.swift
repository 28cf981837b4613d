import Bundler
import Glibc
import ProjectModel

/// The project system folder: what the service keeps about a project, outside of it.
package struct SystemFolder: Hashable, Sendable {
  package let path: String

  /// Bundles, manifests and the generation log.
  package var generations: String { path + "/generations" }
  /// The same-machine socket.
  package var socket: String { path + "/syncd.sock" }
  /// Where the watcher makes its cookies.
  package var cookies: String { path + "/cookies" }
  /// The preferences of the 4D on this machine; never the project's own (4d-domain §4.3).
  package var userPreferences: String { path + "/userPreferences" }
  /// The derived data of the 4D on this machine; never `Project/DerivedData` (4d-domain §4.3).
  package var derivedData: String { path + "/DerivedDataRemote" }
  /// Edits that are not yet in the project's files.
  package var journal: String { path + "/journal" }
  /// The data folder of a deployed archive, where the operator names no other.
  package var data: String { path + "/Data" }
  /// The proof that a caller is on this machine, in this account.
  package var token: String { path + "/projectToken.json" }
  /// The sessions, where they outlive the server.
  package var sessions: String { path + "/sessions.sqlite" }
  /// What the revisions of owned files are computed with.
  var revisionKey: String { path + "/revision.key" }
  /// Whose folder this is.
  package var record: String { path + "/root.json" }
  var lock: String { path + "/lock" }
  /// The pair that the server makes for itself where the operator has none.
  package var certificate: String { path + "/tls-cert.pem" }
  package var certificateKey: String { path + "/tls-key.pem" }
  /// Every file that syncd keeps here beside the parts; all of them for this account alone.
  var files: [String] {
    [lock, token, record, revisionKey, serverIdentity, certificate, certificateKey]
      + ["", "-wal", "-shm", ".aside", ".aside-wal"].map { sessions + $0 }
  }
  var parts: [String] { [generations, cookies, userPreferences, derivedData, journal] }

  /// Takes the folder that the user named.
  package init(at path: String) { self.path = path }

  /// Names the usual folder of a project; nothing is made yet.
  ///
  /// - Parameters:
  ///   - location: the project.
  ///   - stateHome: `XDG_STATE_HOME`, or `nil` where it is not set.
  ///   - home: the user's home folder.
  package init(for location: ProjectLocation, stateHome: String?, home: String) {
    let base = Self.base(stateHome: stateHome, home: home)
    let hash = SHA256.digest(of: Array(location.path.utf8)).hex.prefix(8)
    path = "\(base)/syncd/\(location.name)-\(hash)"
  }

  /// Where an account's state belongs: `XDG_STATE_HOME` where it is an absolute path.
  package static func base(stateHome: String?, home: String) -> String {
    stateHome.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.local/state"
  }

  /// Makes the bare folder where there is none; one that is there is left as it is.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package func make() throws(HostError) {
    var made = ""
    for component in path.split(separator: "/") {
      made += (path.hasPrefix("/") || !made.isEmpty ? "/" : "") + component
      try Self.makeFolder(made)
    }
  }

  /// Makes the folder and its parts, and puts their rights right.
  ///
  /// - Parameter socketGroup: the group whose members may reach the socket, and nothing else.
  /// - Returns: a sentence for each item whose rights had to be put right.
  /// - Throws: `HostError` with code `stateFolder`.
  @discardableResult
  package func create(socketGroup: UInt32? = nil) throws(HostError) -> [String] {
    try make()
    var warnings = try secure(path, group: socketGroup)
    for part in parts {
      try Self.makeFolder(part)
      warnings += try secure(part, group: nil)
    }
    return warnings
  }

  private static func makeFolder(_ path: String) throws(HostError) {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    throw failure(path, errno)
  }

  static func failure(_ path: String, _ number: Int32) -> HostError {
    HostError(
      .stateFolder,
      "the state folder \(path) cannot be written (\(String(cString: strerror(number)))): "
        + "give this account the right, free space, or name another folder with --state-dir"
    )
  }
}

/// The lock on a system folder: one server a project, held until the process ends.
package struct SystemFolderLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock and writes this process's id into it.
  ///
  /// - Throws: `HostError` with code `alreadyServed`, naming the pid that holds it, or `stateFolder`.
  package init(_ folder: SystemFolder) throws(HostError) {
    let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemFolder.failure(folder.lock, errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.holder(of: descriptor).map { "the process \($0)" } ?? "another process"
      close(descriptor)
      throw HostError(
        .alreadyServed,
        "\(holder) serves this project already (lock \(folder.lock)): "
          + "stop it, or use it with `syncd status` and `syncd reload`"
      )
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count
    else {
      let number = errno
      close(descriptor)
      throw SystemFolder.failure(folder.lock, number)
    }
    self.descriptor = descriptor
  }

  deinit {
    // A program that is being started holds a copy of the descriptor for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// The process that serves with the folder now; `nil` where none does or it cannot be told.
  static func holder(of folder: SystemFolder) -> Int32? {
    let descriptor = open(folder.lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return holder(of: descriptor)
  }

  private static func holder(of descriptor: Int32) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(
      String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    )
  }
}
