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
  package func inventory() -> Inventory {
    var problems: [Problem] = []
    let components = items(in: "Components", ["4dbase", "4dz", "4dc"], &problems)
    let plugins = items(in: "Plugins", nil, &problems)
    let dependencies = dependencies(&problems)
    let paths = Set((components + plugins).map(\.path))
    known = known.filter { paths.contains($0.key) }
    var text = ""
    for item in components + plugins {
      text += "\(item.path)\0\(item.version ?? "")\0\(item.size)\0\(item.digest.hex)\n"
    }
    for entry in dependencies {
      text += "\(entry.name)\0\(entry.github ?? "")\0\(entry.version ?? "")\n"
    }
    for problem in problems { text += "\(problem.rule)\0\(problem.file)\0\(problem.text)\n" }
    return Inventory(
      components: components,
      plugins: plugins,
      dependencies: dependencies,
      digest: SHA256.digest(of: Array(text.utf8)),
      problems: problems
    )
  }

  private func items(
    in folder: String,
    _ suffixes: Set<String>?,
    _ problems: inout [Problem]
  ) -> [Inventory.Item] {
    var items: [Inventory.Item] = []
    if PrivateItem(at: root + "/" + folder)?.kind == .link {
      problems.append(
        Self.problem("inventory-skipped", folder, "This is a symbolic link: it is left out.")
      )
      return []
    }
    for name in InventoryTree.names(in: root + "/" + folder) ?? [] where !name.hasPrefix(".") {
      let suffix = URL(filePath: name).pathExtension.lowercased()
      let tree = InventoryTree(at: root + "/" + folder + "/" + name)
      for path in tree.skipped {
        problems.append(
          Self.problem(
            "inventory-skipped",
            String(path.dropFirst(root.count + 1)),
            "This is a symbolic link or cannot be read: it is left out."
          )
        )
      }
      guard suffixes?.contains(suffix) ?? (tree.isFolder), !tree.files.isEmpty else { continue }
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
      return Inventory.Dependency(
        name: name,
        github: entry?["github"] as? String,
        version: entry?["version"] as? String
      )
    }
  }

  private static func problem(_ rule: String, _ file: String, _ text: String) -> Problem {
    Problem(rule: rule, severity: .warning, file: file, text: text)
  }
}
