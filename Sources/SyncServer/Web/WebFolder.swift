import Glibc
import ProjectHost

/// The files of a web listener's folder.
///
/// Every step of a path is one name inside an open folder, and no symbolic link is followed, so that
/// nothing leads out of it; names that begin with a dot and what is no plain file are not there.
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

  let root: WebRoot

  /// Opens the file of a path; may block.
  func open(_ path: WebPath) -> Found {
    let parts = path.file(index: Self.index).parts
    guard let name = parts.last, !MediaType.isTemplate(name),
      parts.enumerated().allSatisfy({ Self.isShown($1, at: $0) }),
      let folder = folder(parts.dropLast())
    else { return .nothing }
    defer { close(folder) }
    // A device must not even be opened; a pipe would wait for its other end.
    guard let type = Self.look(at: name, in: folder) else { return .nothing }
    guard type == .file else { return path.isFolder ? .nothing : .folder }
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    return WebFile(openat(folder, name, flags), name: name).map { .file($0) } ?? .nothing
  }

  private enum NameType {
    case file
    case folder
  }

  /// What a name stands for, without opening it; `nil` for anything else, links too.
  private static func look(at name: String, in folder: CInt) -> NameType? {
    let item = openat(folder, name, RealPath.nameAlone | O_NOFOLLOW | O_CLOEXEC)
    guard item >= 0 else { return nil }
    defer { close(item) }
    if FileStamp(of: item) != nil { return .file }
    let inner = openat(item, ".", RealPath.nameAlone | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard inner >= 0 else { return nil }
    close(inner)
    return .folder
  }

  /// An open folder inside ours; `nil` when there is none.
  private func folder(_ parts: some Sequence<String>) -> CInt? {
    guard var current = root.open() else { return nil }
    for part in parts {
      let next = openat(current, part, RealPath.nameAlone | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
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
