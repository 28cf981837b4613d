internal import Glibc
internal import ProjectModel

/// Lists folders below the package root with all that `stat` knows; reads no file.
struct TreeScanner {
  /// Deeper folders than any client can store.
  private static let deepest = 200

  let root: Descriptor
  let rules: ContentRules

  /// What one name in a folder turned out to be.
  enum Entry {
    case file(stat)
    case folder(stat)
    /// Not a member: not there, not included, or left out and said so.
    case none
  }

  /// Looks at one name without listing what is below.
  func entry(
    at path: ProjectPath,
    in folder: Descriptor,
    listing: inout Listing
  ) -> Entry {
    switch folder.status(of: path.name) {
    case .success(let status): return judge(status, path, &listing)
    case .failure(let error) where error.isGone: return .none
    case .failure(let error):
      listing.failures[path] = .unreadable(error.number, isFolder: false, path: path.display)
      return .none
    }
  }

  /// Adds the folder at `path`, which is the name of a folder in `parent`, and all below it.
  func list(
    _ path: ProjectPath,
    status: stat,
    in parent: Descriptor,
    listing: inout Listing,
    depth: Int = 0
  ) {
    guard depth < Self.deepest else {
      listing.failures[path] = BundleError(
        .unsupported,
        "more than \(Self.deepest) folders inside each other",
        path: path.display,
        remedy: "move it out of Project"
      )
      return
    }
    let opened = parent.open(path.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)
    let folder: Descriptor
    switch opened {
    case .success(let descriptor): folder = descriptor
    case .failure(let error) where error.isGone:
      listing.again.append(path)
      return
    case .failure(let error):
      listing.failures[path] = .unreadable(error.number, isFolder: true, path: path.display)
      return
    }
    guard let names = stableNames(of: folder, path, &listing) else { return }
    listing.items.append(item(path, status))
    var folders: [(ProjectPath, stat)] = []
    for name in names {
      let child = path.appending(name)
      switch entry(at: child, in: folder, listing: &listing) {
      case .file(let status): listing.items.append(item(child, status))
      case .folder(let status): folders.append((child, status))
      case .none: break
      }
    }
    for (child, status) in folders {
      list(child, status: status, in: folder, listing: &listing, depth: depth + 1)
    }
  }

  private func item(_ path: ProjectPath, _ status: stat) -> Listing.Item {
    Listing.Item(
      path: path,
      isFolder: status.isFolder,
      signature: FileSignature(status),
      modified: Int64(status.st_mtim.tv_sec)
    )
  }

  private func judge(_ status: stat, _ path: ProjectPath, _ listing: inout Listing) -> Entry {
    let isIncluded = status.isFolder ? rules.includes(folder: path) : rules.includes(file: path)
    guard isIncluded else { return .none }
    if let reason = LeftOut(status, path) {
      listing.problems[path] = reason.problem(path)
      return .none
    }
    return status.isFolder ? .folder(status) : .file(status)
  }

  /// The names in a folder, sorted by their bytes, from a listing during which it stood still;
  /// `nil` when it does not.
  private func stableNames(
    of folder: Descriptor,
    _ path: ProjectPath,
    _ listing: inout Listing
  ) -> [[UInt8]]? {
    for _ in 0..<3 {
      guard case .success(let before) = folder.status() else { break }
      let names: [[UInt8]]
      switch FolderReader.names(in: folder) {
      case .success(let read): names = read
      case .failure(let error):
        listing.failures[path] = .unreadable(error.number, isFolder: true, path: path.display)
        return nil
      }
      guard case .success(let after) = folder.status() else { break }
      if FileSignature(before) == FileSignature(after) {
        return names.sorted { $0.lexicographicallyPrecedes($1) }
      }
    }
    listing.again.append(path)
    return nil
  }
}
