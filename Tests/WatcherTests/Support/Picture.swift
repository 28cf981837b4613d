import Glibc
import Watcher

/// What somebody knows of a tree: by walking it, or by looking at what batches name.
struct Picture: Equatable {
  enum Item: Equatable {
    case folder
    case file(String)
    case link(String)
  }

  private(set) var items: [String: Item] = [:]

  /// Walks the tree, except what belongs to git.
  init(walking root: String) {
    walk(root, "")
  }

  /// Looks at what the batch names.
  mutating func apply(_ batch: ChangeBatch, root: String) {
    for change in batch.changes {
      let path = String(decoding: change.path, as: UTF8.self)
      switch change.kind {
      case .gone: forget(path)
      case .changed, .directory: look(root, path)
      case .subtreeInDoubt:
        forget(path)
        if path.isEmpty { walk(root, "") } else { add(root, path) }
      }
    }
  }

  /// Where the two differ, in words.
  func differences(from other: Picture) -> [String] {
    var found: [String] = []
    for key in Set(items.keys).union(other.items.keys).sorted()
    where items[key] != other.items[key] {
      let mine = items[key].map { "\($0)" } ?? "nothing"
      let theirs = other.items[key].map { "\($0)" } ?? "nothing"
      found.append("\(key): \(mine) here, \(theirs) there")
    }
    return found
  }

  private mutating func look(_ root: String, _ path: String) {
    guard let item = Self.item(root + "/" + path) else { return forget(path) }
    if item != .folder, items[path] == .folder { forget(path) }
    items[path] = item
  }

  private mutating func add(_ root: String, _ path: String) {
    guard let item = Self.item(root + "/" + path) else { return }
    items[path] = item
    if item == .folder { walk(root, path) }
  }

  private mutating func walk(_ root: String, _ path: String) {
    for name in Disk.names(in: path.isEmpty ? root : root + "/" + path) where name != ".git" {
      add(root, path.isEmpty ? name : path + "/" + name)
    }
  }

  private mutating func forget(_ path: String) {
    items[path] = nil
    let prefix = path.isEmpty ? "" : path + "/"
    for key in items.keys.filter({ $0.hasPrefix(prefix) }) { items[key] = nil }
  }

  private static func item(_ path: String) -> Item? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 256)
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFLNK:
      var target = [CChar](repeating: 0, count: 256)
      let length = readlink(path, &target, target.count)
      buffer = target.map { UInt8(bitPattern: $0) }
      return .link(String(decoding: buffer.prefix(max(0, length)), as: UTF8.self))
    default:
      let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
      guard file >= 0 else { return .file("?") }
      defer { close(file) }
      let length = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
      return .file(
        "\(status.st_size):" + String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
      )
    }
  }
}
