import Bundler
import Glibc
package import SyncProtocol

/// What a client opens its session with.
package struct ClientLogin: Hashable, Sendable {
  package let request: SessionRequest
  /// The project folder as this machine has it: the session then asks for the development mode.
  package let projectFolder: String?

  package init(_ request: SessionRequest, projectFolder: String? = nil) {
    self.request = request
    self.projectFolder = projectFolder
  }
}

extension ServerConnection {
  /// Opens a session and, with a project folder, proves that this machine can write there.
  ///
  /// - Throws: `ClientError`; no session is left open then.
  func open(_ login: ClientLogin) async throws -> (ServerConnection, ClientSession) {
    let opened = try await openSession(login.request)
    guard let token = opened.token else {
      throw ClientError(.connection, "\(endpoint) opens a session without a token.")
    }
    let connection = inSession(token)
    guard let folder = login.projectFolder, let challenge = opened.challenge else {
      return (connection, opened)
    }
    do {
      let proof = try FolderProof(challenge, in: folder)
      defer { proof.remove() }
      return (connection, try await connection.startDevelopment())
    } catch {
      try? await connection.closeSession()
      throw error
    }
  }
}

/// The file that shows a server that this machine can write its project's folder.
private struct FolderProof {
  /// The folder that git, the bundle and the watcher ignore (DESIGN's table of callers).
  private static let folder = ".syncd"
  private static let longestName = 64
  private static let longestNonce = 256

  private let place: Int32
  private let name: String

  /// Creates the file; its name comes from the server and can lead nowhere else.
  init(_ challenge: DevelopmentChallenge, in project: String) throws(ClientError) {
    let words = challenge.file.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, words[0] == Self.folder, (1...Self.longestName) ~= words[1].utf8.count,
      words[1].utf8.allSatisfy({ Self.isLetterOrDigit($0) }),
      challenge.nonce.utf8.count <= Self.longestNonce
    else {
      throw ClientError(.connection, "The server names a file to write that is not its to name.")
    }
    name = String(words[1])
    let top = Glibc.open(project, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard top >= 0 else { throw Self.failure(project) }
    defer { close(top) }
    guard faccessat(top, "Project", F_OK, 0) == 0 else {
      throw ClientError(
        .localFile,
        "\(project) is no project folder, it has no Project in it: name the folder that holds it."
      )
    }
    mkdirat(top, Self.folder, 0o777)
    place = openat(top, Self.folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard place >= 0 else { throw Self.failure(project) }
    let file = openat(place, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    let nonce = Array(challenge.nonce.utf8)
    let written = file < 0 ? -1 : write(file, nonce, nonce.count)
    // A folder on a share tells some errors only here.
    let closed = file < 0 ? -1 : close(file)
    guard written == nonce.count, closed == 0 else {
      remove()
      throw Self.failure(project)
    }
  }

  /// Takes the file away, where the server has not done so.
  func remove() {
    unlinkat(place, name, 0)
    unlinkat(place, "../" + Self.folder, AT_REMOVEDIR)
    close(place)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }

  private static func failure(_ project: String) -> ClientError {
    ClientError(
      .localFile,
      "The development mode needs a project folder that can be written, and \(project) cannot "
        + "(\(String(cString: strerror(errno))))."
    )
  }
}
