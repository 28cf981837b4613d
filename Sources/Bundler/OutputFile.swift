internal import Glibc

/// The file that a user names for a result, which takes the place of what is there.
package enum OutputFile {
  /// As many links as the system itself follows.
  private static let mostLinks = 40

  /// Where the result belongs: symbolic links are followed, and stay what they are.
  ///
  /// - Throws: `BundleError` for what is no regular file: a device or a pipe would be gone afterwards,
  ///   and all who use it would have a file instead.
  package static func place(_ path: String) throws(BundleError) -> String {
    guard !path.isEmpty else {
      throw BundleError(.inputOutput, "the file to write has no name", remedy: "name one with -o")
    }
    var status = stat()
    if unsafe stat(path, &status) == 0 { try check(status, path) }
    var place = path
    for _ in 0..<mostLinks {
      guard unsafe lstat(place, &status) == 0 else {
        guard errno == ENOENT, !place.hasSuffix("/") else {
          throw .system(errno, doing: "write the file", path: path)
        }
        return place
      }
      guard status.st_mode & S_IFMT == S_IFLNK else { return place }
      place = try target(of: place)
    }
    throw .system(ELOOP, doing: "write the file", path: path)
  }

  private static func check(_ status: stat, _ path: String) throws(BundleError) {
    let kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: nil as String?
      case S_IFDIR: "a folder"
      default: "a device, a pipe or a socket, and no file"
      }
    guard let kind else { return }
    throw BundleError(
      .inputOutput,
      "this is \(kind)",
      path: path,
      remedy: "it stays as it is; name a file with -o"
    )
  }

  private static func target(of link: String) throws(BundleError) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(link, &bytes, bytes.count)
    guard count >= 0 else { throw .system(errno, doing: "read the link", path: link) }
    let target = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard !target.hasPrefix("/"), let slash = link.lastIndex(of: "/") else { return target }
    return link[...slash] + target
  }
}
