import Glibc

/// What downloads of a file left beside it: files whose names begin alike and end with 16 digits.
struct DownloadParts {
  /// With its slash; relative where the file's path is.
  let folder: String
  private let beginning: String

  /// - Parameters:
  ///   - target: the file.
  ///   - beginning: how the names begin, from the file's own name.
  init(of target: String, beginning: (Substring) -> String) {
    let slash = target.lastIndex(of: "/")
    folder = slash.map { String(target[...$0]) } ?? "./"
    self.beginning = beginning(target[(slash.map(target.index(after:)) ?? target.startIndex)...])
  }

  /// The paths of those that are there.
  var files: [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(beginning), name.utf8.count == beginning.utf8.count + 16 {
        found.append(folder + name)
      }
    }
    return found
  }
}
