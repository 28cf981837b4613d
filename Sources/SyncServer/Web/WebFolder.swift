import Glibc

/// The folder that a web listener serves, opened anew for each request: it may be replaced.
///
/// Every step of a path is one name inside an open folder, and no symbolic link is followed, so that
/// nothing leads out of it; names that begin with a dot and what is no plain file are not there. The
/// folder itself may be a link: that is its owner's choice.
struct WebFolder: Sendable {
  enum Found: Sendable {
    case file(WebFile)
    /// The name is a folder's.
    case folder
    case nothing
  }

  /// The page of a folder.
  static let index = "index.html"
  /// The one folder with a dot that browsers and authorities ask for (RFC 8615).
  private static let wellKnown = ".well-known"

  let root: String

  /// Opens the file of a path; may block.
  func open(_ path: WebPath) -> Found {
    let parts = path.file(index: Self.index).parts
    guard let name = parts.last, !MediaType.isTemplate(name),
      parts.enumerated().allSatisfy({ Self.isShown($1, at: $0) }),
      let folder = folder(parts.dropLast())
    else { return .nothing }
    defer { close(folder) }
    var status = stat()
    guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .nothing }
    if status.st_mode & S_IFMT == S_IFDIR, !path.isFolder { return .folder }
    // A device must not even be opened; a pipe would wait for its other end.
    guard status.st_mode & S_IFMT == S_IFREG else { return .nothing }
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    let descriptor = openat(folder, name, flags)
    return WebFile(descriptor, name: name).map { .file($0) } ?? .nothing
  }

  /// An open folder inside ours; `nil` when there is none.
  private func folder(_ parts: some Sequence<String>) -> CInt? {
    var current = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard current >= 0 else { return nil }
    for part in parts {
      let next = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      close(current)
      guard next >= 0 else { return nil }
      current = next
    }
    return current
  }

  private static func isShown(_ part: String, at index: Int) -> Bool {
    !part.hasPrefix(".") || index == 0 && part == wellKnown
  }
}
