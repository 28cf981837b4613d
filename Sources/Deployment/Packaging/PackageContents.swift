import Foundation
import ProjectModel

/// What packaging has put into a folder: each file with what tells that somebody has changed it.
///
/// Kept beside the two halves, for the next packaging; it does not go to other machines with them.
struct PackageContents: Codable, Hashable {
  /// Readable for the owner alone: the digest of a file with a weak secret would give that away.
  static let fileName = ".syncd-package.json"
  static let mode = 0o600

  /// A file, or a folder without files, that the next packaging would lose.
  struct Foreign: Hashable {
    /// Below the folder.
    let path: String
    /// Packaging made it, and somebody has changed it since.
    let isChanged: Bool
  }

  private let files: [String: String]
  private let folders: [String]

  /// Reads what is in a folder now.
  ///
  /// - Throws: `FileTree.Failure` for what cannot be read.
  init(of folder: String) throws(FileTree.Failure) {
    var files: [String: String] = [:]
    var folders: [String] = []
    try Self.walk(folder, "") { path, type, _ throws(FileTree.Failure) in
      if type == .typeDirectory { return folders.append(path) }
      files[path] = try Self.mark("\(folder)/\(path)", type)
    }
    self.files = files
    self.folders = folders
  }

  /// The list in a folder; `nil` where there is none.
  init?(readIn folder: String) {
    guard let content = FileManager.default.contents(atPath: "\(folder)/\(Self.fileName)"),
      let list = try? JSONDecoder().decode(Self.self, from: content)
    else { return nil }
    self = list
  }

  func write(into folder: String) throws {
    try FileTree.write(
      try PackageJSON.encode(self),
      to: "\(folder)/\(Self.fileName)",
      mode: Self.mode
    )
  }

  /// Whether packaging has put anything below a path.
  func has(below path: String) -> Bool { files.keys.contains { $0.hasPrefix(path + "/") } }

  /// Looks for what the next packaging would lose.
  ///
  /// - Parameters:
  ///   - folder: where the list was written, or a copy.
  ///   - isExpected: paths that come and go by themselves.
  /// - Returns: what is there and is not as it was packaged, in the order of the names.
  /// - Throws: `FileTree.Failure` for what cannot be read: it may be somebody's.
  func foreign(
    in folder: String,
    besides isExpected: (String) -> Bool
  ) throws(FileTree.Failure) -> [Foreign] {
    var found: [Foreign] = []
    let known = Set(folders)
    try Self.walk(folder, "") { path, type, isEmpty throws(FileTree.Failure) in
      guard path != Self.fileName, !isExpected(path) else { return }
      if type == .typeDirectory {
        // What is in any other one is looked at by itself.
        guard isEmpty, !known.contains(path) else { return }
        return found.append(Foreign(path: path, isChanged: false))
      }
      guard !Self.isNobodys(path, type) else { return }
      guard let mark = files[path] else {
        return found.append(Foreign(path: path, isChanged: false))
      }
      if try Self.mark("\(folder)/\(path)", type) != mark {
        found.append(Foreign(path: path, isChanged: true))
      }
    }
    return found
  }

  /// A program is known by its size: nobody edits one, and reading it takes time.
  private static func mark(
    _ path: String,
    _ type: FileAttributeType
  ) throws(FileTree.Failure) -> String {
    switch type {
    case .typeSymbolicLink: return "to " + (FileTree.target(of: path) ?? "")
    case .typeRegular
    where path.hasSuffix("/bin/\(Programs.server)") || path.hasSuffix("/bin/\(Programs.client)"):
      return "size \(FileTree.size(of: path) ?? 0)"
    case .typeRegular:
      do { return try UpdateArchive.digest(of: path).digest.hex } catch {
        throw FileTree.Failure(path: path, reason: "it cannot be read")
      }
    default: return "\(type.rawValue)"
    }
  }

  private static func isNobodys(_ path: String, _ type: FileAttributeType) -> Bool {
    type == .typeRegular && ContentRules.isSystemJunk(path)
  }

  /// Visits all that is in a folder; a folder with whether nothing is in it that anybody would miss.
  private static func walk(
    _ folder: String,
    _ prefix: String,
    _ visit: (String, FileAttributeType, Bool) throws(FileTree.Failure) -> Void
  ) throws(FileTree.Failure) {
    for (name, type) in try FileTree.entries(of: folder) {
      var isEmpty = false
      if type == .typeDirectory {
        isEmpty = try FileTree.entries(of: "\(folder)/\(name)")
          .allSatisfy { isNobodys($0.name, $0.type) }
      }
      try visit(prefix + name, type, isEmpty)
      if type == .typeDirectory { try walk("\(folder)/\(name)", "\(prefix)\(name)/", visit) }
    }
  }
}
