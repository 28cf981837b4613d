/// What of a package folder belongs to its bundle: the one list, for the bundler and the watcher.
///
/// Everything under `Project/`, except `Project/Trash/`, what operating systems leave behind and
/// editors' temporary files. The name patterns apply to files alone: `TableForms/4913/` is the folder
/// of a table. `Project/DerivedData/` is left out of a full bundle; a compiled one has it, and
/// instead no method and no list of components, as Build4D packs servers (4d-domain §2.2).
package struct ContentRules: Sendable {
  private let project = ProjectPath("Project")
  private let excluded: [ProjectPath]
  private let isCompiled: Bool

  package init(profile: BundleProfile = .full) {
    isCompiled = profile == .compiled
    let left = isCompiled ? ProjectLayout.sourceFolders : [ProjectLayout.derivedData]
    excluded = left + [ProjectPath("Project/Trash")]
  }

  /// Whether a folder at `path` can hold members: the root, `Project` and the folders below it.
  package func includes(folder path: ProjectPath) -> Bool {
    path.isRoot || (path.isInside(project) && !excluded.contains { path.isInside($0) })
  }

  /// Whether a file at `path` is a member.
  package func includes(file path: ProjectPath) -> Bool {
    let folder = path.parent
    return !folder.isRoot && includes(folder: folder) && !Self.isJunk(path.name)
      && !(isCompiled && isReplaced(path))
  }

  /// Whether compiled code takes the file's place, or the server that it is built for has none.
  private func isReplaced(_ path: ProjectPath) -> Bool {
    ProjectLayout.isMethod(path) || path == ProjectLayout.dependencies
  }

  private static let systemNames: [[UInt8]] = [".DS_Store", "Thumbs.db", "desktop.ini"]
    .map { Array($0.utf8) }
  private static let systemStart = Array("._".utf8)
  private static let junkName = Array("4913".utf8)
  private static let junkStarts: [[UInt8]] = [".#", ".goutputstream-"].map { Array($0.utf8) }
  private static let junkEnds: [[UInt8]] = ["~", ".tmp"].map { Array($0.utf8) }

  private static func isJunk(_ name: ArraySlice<UInt8>) -> Bool {
    isSystemJunk(name) || name.elementsEqual(junkName)
      || junkStarts.contains { name.starts(with: $0) }
      || junkEnds.contains { name.suffix($0.count).elementsEqual($0) }
      || isSwapFile(name) || isAutosave(name)
  }

  private static func isSystemJunk(_ name: ArraySlice<UInt8>) -> Bool {
    systemNames.contains { name.elementsEqual($0) } || name.starts(with: systemStart)
  }

  /// vim's `.NAME.swp`, `.NAME.swo` and so on.
  private static func isSwapFile(_ name: ArraySlice<UInt8>) -> Bool {
    name.count >= 5 && name.first == UInt8(ascii: ".")
      && name.suffix(4).dropLast().elementsEqual(".sw".utf8)
  }

  /// Emacs's `#NAME#`.
  private static func isAutosave(_ name: ArraySlice<UInt8>) -> Bool {
    name.count >= 2 && name.first == UInt8(ascii: "#") && name.last == UInt8(ascii: "#")
  }

  /// Whether a file, by the name at the end of its path, is what systems and editors leave behind.
  package static func isJunk(_ path: String) -> Bool { isJunk(ProjectPath(path).name) }

  /// Whether a file, by the name at the end of its path, is what systems leave behind by themselves:
  /// nobody misses it, as somebody may miss an editor's `NAME~`.
  package static func isSystemJunk(_ path: String) -> Bool { isSystemJunk(ProjectPath(path).name) }
}
