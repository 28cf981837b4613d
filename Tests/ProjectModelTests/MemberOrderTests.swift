import ProjectModel
import Testing

@Suite struct MemberOrderTests {
  /// In order; a name with a slash at its end is a folder.
  private static let ordered = [
    "P/", "P/A", "P/a", "P/a.b", "P/a0", "P/\u{e9}", "P/A/", "P/A/z", "P/A/z/", "P/a/", "P/a/x",
    "P/a/b/", "P/a/b/c", "P/a/b!/", "P/a.b/", "P/a.b/c", "P/a0/", "P/a0/a", "P/\u{e9}/", "Q",
    "Q/", "Q/a",
  ]

  private func key(_ text: String) -> (path: ProjectPath, isFolder: Bool) {
    let isFolder = text.hasSuffix("/")
    return (ProjectPath(isFolder ? String(text.dropLast()) : text), isFolder)
  }

  private func compare(_ left: String, _ right: String) -> Int {
    let (a, b) = (key(left), key(right))
    return MemberOrder.compare(a.path, isFolder: a.isFolder, b.path, isFolder: b.isFolder)
  }

  @Test func everyPairIsInOrder() {
    // Q is a file in the folder that holds P, so it comes before P and all that is in it.
    let list = ["Q"] + Self.ordered.filter { $0 != "Q" }
    for (i, left) in list.enumerated() {
      for (j, right) in list.enumerated() {
        #expect(compare(left, right).signum() == (i - j).signum(), "\(left) \(right)")
      }
    }
  }

  @Test func theRootComesFirst() {
    #expect(
      MemberOrder.precedes(.root, isFolder: true, ProjectPath("Project"), isFolder: true)
    )
    #expect(
      !MemberOrder.precedes(ProjectPath("Project"), isFolder: true, .root, isFolder: true)
    )
  }

  /// The comparator against a walk through folders, on random trees of short names.
  @Test func agreesWithAWalkThroughTheFolders() {
    var state: UInt64 = 5
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let names = ["a", "b", "a.", "a!", "0", "a0"]
    var tree = Folder()
    for _ in 0..<400 {
      let depth = 1 + random(4)
      tree.insert((0..<depth).map { _ in names[random(names.count)] }[...], isFile: random(2) == 0)
    }
    let walked = tree.walk("")
    let sorted = walked.sorted { compare($0, $1) < 0 }
    #expect(walked == sorted)
    #expect(zip(walked, walked.dropFirst()).allSatisfy { compare($0, $1) < 0 })
  }

  private struct Folder {
    var files: Set<String> = []
    var folders: [String: Folder] = [:]

    mutating func insert(_ path: ArraySlice<String>, isFile: Bool) {
      guard let name = path.first else { return }
      if path.count == 1, isFile {
        files.insert(name)
      } else {
        folders[name, default: Folder()].insert(path.dropFirst(), isFile: isFile)
      }
    }

    func walk(_ prefix: String) -> [String] {
      let byBytes = { (a: String, b: String) in a.utf8.lexicographicallyPrecedes(b.utf8) }
      return files.sorted(by: byBytes).map { prefix + $0 }
        + folders.sorted { byBytes($0.key, $1.key) }.flatMap {
          [prefix + $0.key + "/"] + $0.value.walk(prefix + $0.key + "/")
        }
    }
  }
}
