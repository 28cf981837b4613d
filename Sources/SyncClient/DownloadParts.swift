import Foundation

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
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter {
      $0.hasPrefix(beginning) && $0.utf8.count == beginning.utf8.count + 16
    }
    .map { folder + $0 }
  }
}
