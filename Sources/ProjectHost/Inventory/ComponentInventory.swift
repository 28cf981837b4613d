import Bundler
import Foundation
import ProjectModel
package import SyncProtocol

/// What the project brings for ordinary remotes: components, plug-ins, dependencies (4d-domain §4.4).
///
/// An item's digest is SHA-256 over one line a file, sorted by the bytes of its path:
/// the path below the item, NUL, the content's SHA-256 in hex, a line feed.
package actor ComponentInventory {
  private struct Known {
    let tree: InventoryTree
    let item: Inventory.Item
  }

  private let root: String
  private var known: [String: Known] = [:]

  package init(_ location: ProjectLocation) { root = location.root }

  /// The inventory as it is now; what did not change since the last call is not read again.
  ///
  /// `generation` is what the answer calls current, `E:G`.
  package func inventory(at generation: String?) -> Inventory {
    var problems: [Problem] = []
    let components = items(in: folder(called: "Components"), isComponent, &problems)
    let plugins = items(in: folder(called: "Plugins"), { tree, _ in tree.isFolder }, &problems)
    let dependencies = dependencies(&problems)
    let paths = Set((components + plugins).map(\.path))
    known = known.filter { paths.contains($0.key) }
    var text = ""
    for item in components + plugins {
      text += "\(item.path)\0\(item.version ?? "")\0\(item.size)\0\(item.digest.hex)\n"
    }
    for entry in dependencies {
      let source = [entry.github, entry.gitlab, entry.version, entry.tag].map { $0 ?? "" }
      text += "\(entry.name)\0\(source.joined(separator: "\0"))\n"
    }
    for problem in problems { text += "\(problem.rule)\0\(problem.file)\0\(problem.text)\n" }
    return Inventory(
      generation: generation,
      components: components,
      plugins: plugins,
      dependencies: dependencies,
      digest: SHA256.digest(of: Array(text.utf8)),
      problems: problems
    )
  }

  /// The folder as it is spelled: the file systems of 4D know no upper and lower case.
  private func folder(called name: String) -> String {
    let names = InventoryTree.names(in: root)?.names ?? []
    return names.contains(name)
      ? name : names.first { $0.lowercased() == name.lowercased() } ?? name
  }

  /// A component is compiled, packed, or a project of its own.
  private nonisolated func isComponent(_ tree: InventoryTree, _ path: String) -> Bool {
    if ["4dbase", "4dz", "4dc"].contains(URL(filePath: path).pathExtension.lowercased()) {
      return true
    }
    return tree.files.contains { file in
      let inside = file.path.dropFirst(path.count + 1)
      return inside.hasPrefix("Project/") && inside.lowercased().hasSuffix(".4dproject")
        && inside.count { $0 == "/" } == 1
    }
  }

  private func items(
    in folder: String,
    _ isItem: (_ tree: InventoryTree, _ path: String) -> Bool,
    _ problems: inout [Problem]
  ) -> [Inventory.Item] {
    var items: [Inventory.Item] = []
    if PrivateItem(at: root + "/" + folder)?.kind == .link {
      problems.append(
        Self.problem("inventory-skipped", folder, "This is a symbolic link: it is left out.")
      )
      return []
    }
    guard let found = InventoryTree.names(in: root + "/" + folder) else { return [] }
    if found.unreadable > 0 {
      problems.append(
        Self.problem("inventory-skipped", folder, "A name here is not UTF-8: it is left out.")
      )
    }
    for name in found.names where !name.hasPrefix(".") {
      let path = root + "/" + folder + "/" + name
      let tree = InventoryTree(at: path)
      for path in tree.skipped {
        problems.append(
          Self.problem(
            "inventory-skipped",
            String(path.dropFirst(root.count + 1)),
            "This is a symbolic link or cannot be read: it is left out."
          )
        )
      }
      guard !tree.files.isEmpty, isItem(tree, path) else {
        let what = "This is neither a component nor a plug-in: it is left out."
        problems.append(Self.problem("inventory-skipped", folder + "/" + name, what))
        continue
      }
      if let item = item(folder + "/" + name, tree, &problems) { items.append(item) }
    }
    return items
  }

  private func item(
    _ path: String,
    _ tree: InventoryTree,
    _ problems: inout [Problem]
  ) -> Inventory.Item? {
    if let known = known[path], known.tree == tree { return known.item }
    let hasher = SHA256Hasher()
    let prefix = root.utf8.count + 1 + path.utf8.count
    for file in tree.files {
      guard let content = file.digest() else {
        problems.append(Self.problem("inventory-unreadable", path, "\(file.path) cannot be read."))
        return nil
      }
      hasher.update(Array(file.path.utf8.dropFirst(prefix)) + [0] + Array("\(content.hex)\n".utf8))
    }
    let item = Inventory.Item(
      name: URL(filePath: path).deletingPathExtension().lastPathComponent,
      path: path,
      version: version(of: path),
      size: tree.files.reduce(0) { $0 + $1.size },
      digest: hasher.finish()
    )
    known[path] = Known(tree: tree, item: item)
    return item
  }

  private func version(of path: String) -> String? {
    for place in ["Info.plist", "Contents/Info.plist", "Resources/Info.plist"] {
      guard let bytes = PrivateFile.read(root + "/\(path)/\(place)"),
        let list = try? PropertyListSerialization.propertyList(from: Data(bytes), format: nil)
          as? [String: Any]
      else { continue }
      for key in ["CFBundleShortVersionString", "CFBundleVersion"] {
        if let text = list[key] as? String, !text.isEmpty { return text }
      }
    }
    for place in ["manifest.json", "Contents/manifest.json"] {
      guard let bytes = PrivateFile.read(root + "/\(path)/\(place)"),
        let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
      else { continue }
      if let text = object["version"] as? String, !text.isEmpty { return text }
    }
    return nil
  }

  private func dependencies(_ problems: inout [Problem]) -> [Inventory.Dependency] {
    let file = "Project/Sources/dependencies.json"
    guard !PrivateItem.isGone(root + "/" + file) else { return [] }
    guard let bytes = PrivateFile.read(root + "/" + file),
      let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
      let entries = object["dependencies"] as? [String: Any]
    else {
      problems.append(
        Self.problem(
          "dependencies-unreadable",
          file,
          "The file cannot be read as an object with dependencies: correct it."
        )
      )
      return []
    }
    return entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { name in
      let entry = entries[name] as? [String: Any]
      if entry == nil {
        problems.append(
          Self.problem("dependencies-unreadable", file, "The entry \(name) is no object.")
        )
      }
      return Inventory.Dependency(
        name: name,
        github: entry?["github"] as? String,
        gitlab: entry?["gitlab"] as? String,
        version: entry?["version"] as? String,
        tag: entry?["tag"] as? String
      )
    }
  }

  private static func problem(_ rule: String, _ file: String, _ text: String) -> Problem {
    Problem(rule: rule, severity: .warning, file: file, text: text)
  }
}
