import Bundler
import Foundation
import ProjectModel

/// Seeded edits of a project folder, and what a watcher would tell of each.
struct RandomEdits {
  private let root: TemporaryFolder
  private var generator: SeededGenerator
  private var files: [String] = []
  private var folders = ["Project", "Project/Sources"]
  private var counter = 0

  private static let names = [
    "a", "a.b", "a0", "A", "é", "é", "x%2Fy", "new\nline", "b.jpg", "c.ZIP", "4913", "~z", "日本",
    "tab\there", "back\\slash", ".hidden", "Größe.4dm", "z.4DForm",
  ]

  init(root: TemporaryFolder, seed: UInt64) {
    self.root = root
    generator = SeededGenerator(seed: seed)
  }

  mutating func number(upTo limit: Int) -> Int { Int.random(in: 1...limit, using: &generator) }

  /// Makes one edit; the changes name it, sometimes by a folder above, sometimes only as in doubt.
  mutating func step() throws -> [TreeChange] {
    counter += 1
    let paths: [String]
    switch Int.random(in: 0..<11, using: &generator) {
    case 0...2: paths = [try create()]
    case 3, 4: paths = try edit()
    case 5: paths = try delete()
    case 6: paths = try rename()
    case 7: paths = try touch()
    case 8: paths = try rewriteUnseen()
    case 9: paths = try swapKind()
    default: paths = [try makeFolder()]
    }
    return paths.map { path in
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: .subtree(ProjectPath((path as NSString).deletingLastPathComponent))
      case 1: .subtree(.root)
      default: .path(ProjectPath(path))
      }
    }
  }

  private mutating func content() -> [UInt8] {
    let kind = Int.random(in: 0..<10, using: &generator)
    let count = kind == 0 ? 0 : Int.random(in: 0..<(kind == 1 ? 700_000 : 3_000), using: &generator)
    if kind == 2 {
      var bytes: [UInt8] = []
      for _ in 0..<count { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
      return bytes
    }
    let line = Array("If ($value>\(counter)) // step \(generator.next() % 999)\n".utf8)
    return (0..<count).map { line[$0 % line.count] &+ UInt8($0 / 5_000 % 3) }
  }

  private mutating func freshPath() -> String {
    let folder = folders.randomElement(using: &generator) ?? "Project"
    let name = Self.names.randomElement(using: &generator) ?? "a"
    return Bool.random(using: &generator) ? "\(folder)/\(name)" : "\(folder)/\(name)\(counter)"
  }

  private mutating func create() throws -> String {
    let path = freshPath()
    if exists(path) { return path }
    try root.write(path, bytes: content())
    files.append(path)
    return path
  }

  private mutating func edit() throws -> [String] {
    guard let path = files.randomElement(using: &generator) else { return [] }
    let bytes = content()
    if Bool.random(using: &generator) {
      try root.write(path, bytes: bytes)
      return [path]
    }
    // An editor's way: a new file takes the name.
    let temporary = (path as NSString).deletingLastPathComponent + "/.\(counter).tmp"
    try root.write(temporary, bytes: bytes)
    rename(from: temporary, to: path)
    return [temporary, path]
  }

  private mutating func delete() throws -> [String] {
    if Int.random(in: 0..<5, using: &generator) == 0, folders.count > 2,
      let folder = folders[2...].randomElement(using: &generator)
    {
      try root.remove(folder)
      forget(below: folder)
      return [folder]
    }
    guard let path = files.randomElement(using: &generator) else { return [] }
    try root.remove(path)
    files.removeAll { $0 == path }
    return [path]
  }

  private mutating func rename() throws -> [String] {
    let target = freshPath()
    guard !exists(target) else { return [] }
    if Bool.random(using: &generator), folders.count > 2,
      let folder = folders[2...].randomElement(using: &generator),
      !target.hasPrefix(folder + "/")
    {
      rename(from: folder, to: target)
      func moved(_ path: String) -> String {
        path == folder || path.hasPrefix(folder + "/")
          ? target + path.dropFirst(folder.count) : path
      }
      files = files.map(moved)
      folders = folders.map(moved)
      return [folder, target]
    }
    guard let path = files.randomElement(using: &generator) else { return [] }
    rename(from: path, to: target)
    files.removeAll { $0 == path }
    files.append(target)
    return [path, target]
  }

  private mutating func touch() throws -> [String] {
    guard let path = files.randomElement(using: &generator) else { return [] }
    try root.touch(path, Double(Int.random(in: 0..<4_600_000_000, using: &generator)))
    return [path]
  }

  /// Another content of the same size, with the modification time put back.
  private mutating func rewriteUnseen() throws -> [String] {
    guard let path = files.randomElement(using: &generator) else { return [] }
    let attributes = try FileManager.default.attributesOfItem(atPath: root.full(path))
    let bytes = try root.read(path).map { $0 ^ 1 }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: root.full(path)))
    try file.write(contentsOf: Data(bytes))
    try file.close()
    try FileManager.default.setAttributes(
      [.modificationDate: attributes[.modificationDate] ?? Date()],
      ofItemAtPath: root.full(path)
    )
    return [path]
  }

  /// A file becomes a folder of its name, or the other way round.
  private mutating func swapKind() throws -> [String] {
    if Bool.random(using: &generator), let path = files.randomElement(using: &generator) {
      try root.remove(path)
      files.removeAll { $0 == path }
      try root.write(path + "/inside", bytes: content())
      folders.append(path)
      files.append(path + "/inside")
      return [path]
    }
    guard folders.count > 2, let folder = folders[2...].randomElement(using: &generator) else {
      return []
    }
    try root.remove(folder)
    forget(below: folder)
    try root.write(folder, bytes: content())
    files.append(folder)
    return [folder]
  }

  private mutating func makeFolder() throws -> String {
    let path = freshPath()
    if exists(path) { return path }
    try root.folder(path)
    folders.append(path)
    return path
  }

  private mutating func forget(below folder: String) {
    files.removeAll { $0.hasPrefix(folder + "/") }
    folders.removeAll { $0 == folder || $0.hasPrefix(folder + "/") }
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.full(path))
  }

  private func rename(from old: String, to new: String) {
    _ = Foundation.rename(root.full(old), root.full(new))
  }
}
