import Foundation

/// The folder with an operator's hooks: programs named after the moment at which they run.
package struct HookFolder: Hashable, Sendable {
  package let path: String

  /// Looks at the folder and at what is in it.
  ///
  /// - Throws: `ServerError` with code `hooksUnusable` for a folder that is none, for a hook that is
  ///   not executable, and for one that another account could change.
  package init(_ path: String) throws(ServerError) {
    self.path = path
    guard let folder = Self.item(path), folder.type == .typeDirectory else {
      throw ServerError(
        .hooksUnusable,
        "\(path) is no folder: --hooks names the one with the hooks."
      )
    }
    guard folder.isSafe else {
      throw ServerError(
        .hooksUnusable,
        "Other accounts can write to \(path), whose programs the server runs: chmod go-w it."
      )
    }
    for name in HookName.allCases { _ = try program(for: name) }
  }

  /// The program of a moment; `nil` where the operator has none.
  ///
  /// Programs may come and go while the server runs.
  ///
  /// - Throws: `ServerError` for one that must not or cannot be run.
  func program(for name: HookName) throws(ServerError) -> String? {
    let program = "\(path)/\(name.rawValue)"
    guard let item = Self.item(program) else { return nil }
    guard item.type == .typeRegular, item.isExecutable else {
      throw ServerError(.hooksUnusable, "\(program) is no program: chmod +x it, or move it away.")
    }
    guard item.isSafe else {
      throw ServerError(
        .hooksUnusable,
        "\(program) can be changed by other accounts, and the server would run it: "
          + "chmod go-w it, and give it to root or to the account that runs syncd."
      )
    }
    return program
  }

  private struct Item {
    let type: FileAttributeType?
    let isSafe: Bool
    let isExecutable: Bool
  }

  /// What a path leads to, links followed.
  private static func item(_ path: String) -> Item? {
    let real = URL(filePath: path).resolvingSymlinksInPath().path
    guard let found = try? FileManager.default.attributesOfItem(atPath: real) else { return nil }
    let owner = found[.ownerAccountID] as? Int ?? -1
    let mode = found[.posixPermissions] as? Int ?? 0o777
    return Item(
      type: found[.type] as? FileAttributeType,
      isSafe: mode & 0o022 == 0 && (owner == 0 || owner == Int(geteuid())),
      isExecutable: FileManager.default.isExecutableFile(atPath: real)
    )
  }
}
