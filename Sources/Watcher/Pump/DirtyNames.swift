/// The names that have to be looked at, by folder.
struct DirtyNames {
  struct Folder {
    let node: DirectoryNode
    var names: [RawPath: NameEvents]
  }

  private(set) var folders: [ObjectIdentifier: Folder] = [:]
  private(set) var count = 0

  var isEmpty: Bool { folders.isEmpty }

  subscript(node: DirectoryNode, name: RawPath) -> NameEvents {
    get { folders[ObjectIdentifier(node)]?.names[name] ?? [] }
    set {
      let key = ObjectIdentifier(node)
      let isNew =
        folders[key, default: Folder(node: node, names: [:])]
        .names.updateValue(newValue, forKey: name) == nil
      if isNew { count += 1 }
    }
  }

  mutating func insert(_ events: NameEvents, _ node: DirectoryNode, _ name: RawPath) {
    self[node, name].formUnion(events)
  }

  /// Hands all of it out.
  mutating func take() -> [Folder] {
    defer { self = DirtyNames() }
    return Array(folders.values)
  }
}
