import Glibc
import ProjectHost

/// The folder with an operator's hooks: programs named after the moment at which they run.
package struct HookFolder: Hashable, Sendable {
  package let path: String

  /// Looks at the folder and at what is in it.
  ///
  /// - Throws: `ServerError` with code `hooksUnusable` for a folder that is none, for a hook that is
  ///   not executable, and for one that another account could change.
  package init(_ path: String) throws(ServerError) {
    self.path = path
    for name in HookName.allCases { _ = try program(for: name) }
  }

  /// The program of a moment; `nil` where the operator has none.
  ///
  /// Programs may come and go while the server runs. The folder is looked at each time: without it
  /// nobody knows whether there is a program, and what it was to refuse must not be let in.
  ///
  /// - Throws: `ServerError` for a program that must not or cannot be run, and for such a folder.
  func program(for name: HookName) throws(ServerError) -> String? {
    let folder = try open()
    defer { close(folder) }
    let program = "\(path)/\(name.rawValue)"
    // A link that leads nowhere is a hook that cannot be run.
    guard FileRights(of: name.rawValue, in: folder, followingLinks: false) != nil else {
      if errno == ENOENT { return nil }
      throw Self.hidden(program)
    }
    guard let rights = FileRights(of: name.rawValue, in: folder, followingLinks: true) else {
      throw Self.hidden(program)
    }
    guard rights.isFile,
      faccessat(folder, name.rawValue, X_OK, AT_EACCESS) == 0
    else {
      throw ServerError(.hooksUnusable, "\(program) is no program: chmod +x it, or move it away.")
    }
    guard rights.isOurs else {
      throw ServerError(
        .hooksUnusable,
        "\(program) can be changed by other accounts, and the server would run it: "
          + "chmod go-w it, and give it to root or to the account that runs syncd."
      )
    }
    return program
  }

  /// The folder, so that what is looked for is looked for in the one that was found safe.
  private func open() throws(ServerError) -> Int32 {
    let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw Self.hidden(path) }
      throw ServerError(
        .hooksUnusable,
        "\(path) is no folder: --hooks names the one with the hooks."
      )
    }
    guard FileRights(of: folder)?.isOurs == true else {
      close(folder)
      throw ServerError(
        .hooksUnusable,
        "Other accounts can write to \(path), whose programs the server runs: chmod go-w it, "
          + "and give it to root or to the account that runs syncd."
      )
    }
    return folder
  }

  private static func hidden(_ path: String) -> ServerError {
    ServerError(
      .hooksUnusable,
      "\(path) cannot be looked at (\(String(cString: strerror(errno)))): "
        + "the account that runs syncd has to be able to."
    )
  }
}
