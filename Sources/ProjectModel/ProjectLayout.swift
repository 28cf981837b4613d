/// The names that make a folder a 4D project (4d-domain §1.1, §1.2).
package enum ProjectLayout {
  package static let project = ProjectPath("Project")
  package static let catalog = ProjectPath("Project/Sources/catalog.4DCatalog")
  /// Users and groups; the file for the data, where there is one, wins (4d-domain §6.1).
  package static let dataDirectory = ProjectPath("Data/Settings/directory.json")
  package static let directory = ProjectPath("Settings/directory.json")

  /// Privileges and roles (4d-domain §9.6).
  package static let roles = ProjectPath("Project/Sources/roles.json")

  /// What 4D can make anew from the sources; compiled code is in it (4d-domain §1.5).
  package static let derivedData = ProjectPath("Project/DerivedData")
  package static let compiledCode = ProjectPath("Project/DerivedData/CompiledCode")
  /// The components that the project loads (4d-domain §1.3).
  package static let dependencies = ProjectPath("Project/Sources/dependencies.json")
  /// The folders that hold nothing but methods (4d-domain §2.2).
  package static let sourceFolders = ["Classes", "DatabaseMethods", "Methods", "Triggers"].map {
    ProjectPath("Project/Sources/\($0)")
  }

  private static let jsonSuffixes = [".json", ".4dform", ".4dproject", ".webform"]

  /// Whether a path is a project's anchor: a `.4DProject` file directly in `Project/`.
  package static func isProjectFile(_ path: ProjectPath) -> Bool {
    path.parent == project && hasSuffix(path, ".4dproject")
  }

  /// Whether 4D reads the file as JSON.
  package static func isJSON(_ path: ProjectPath) -> Bool {
    jsonSuffixes.contains { hasSuffix(path, $0) }
  }

  /// Whether the file is a method, of whatever kind.
  package static func isMethod(_ path: ProjectPath) -> Bool { hasSuffix(path, ".4dm") }

  /// The project's name: its `.4DProject` file without the suffix.
  package static func projectName(of file: ProjectPath) -> String {
    String(decoding: file.name.dropLast(".4DProject".utf8.count), as: UTF8.self)
  }

  private static func hasSuffix(_ path: ProjectPath, _ suffix: String) -> Bool {
    let name = path.name
    guard name.count >= suffix.utf8.count else { return false }
    return zip(name.suffix(suffix.utf8.count), suffix.utf8).allSatisfy { byte, wanted in
      byte == wanted || (0x41...0x5A).contains(byte) && byte | 0x20 == wanted
    }
  }
}
