import Glibc

extension Pump {
  /// Finds the git directory that the root belongs to, in the root itself or further up.
  func findGitAbove() {
    guard let resolved = unsafe realpath(root, nil) else { return }
    defer { unsafe free(resolved) }
    var path = unsafe String(cString: resolved)
    while let cut = path.lastIndex(of: "/"), path != "/" {
      path = cut == path.startIndex ? "/" : String(path[..<cut])
      guard let folder = try? DirectoryHandle.open(path: path, for: .lookUp) else { continue }
      if findGit(in: folder, called: path) { return }
    }
  }

  /// Watches the git directory that a folder of the tree has, if it has one.
  func findGit(in folder: borrowing DirectoryHandle, at path: RawPath) {
    _ = findGit(in: folder, called: path.bytes.isEmpty ? root : root + "/" + path.text)
  }

  private func findGit(in folder: borrowing DirectoryHandle, called path: String) -> Bool {
    guard let status = try? folder.status(of: GitFolder.marker) else { return false }
    if status.kind == .directory {
      return watchGit(in: folder, at: GitFolder.marker, called: path + "/.git")
    }
    // In work trees and submodules it is a file that names the directory.
    guard let target = folder.gitTarget() else { return false }
    let name = target.bytes.first == RawPath.separator ? target.text : path + "/" + target.text
    return watchGit(in: folder, at: target, called: name)
  }

  private func watchGit(
    in folder: borrowing DirectoryHandle,
    at target: RawPath,
    called path: String
  ) -> Bool {
    guard let handle = try? folder.open(target, for: .list),
      case .watch(let watch) = library.watch(handle.descriptor)
    else { return false }
    for case .git in owners[watch] ?? [] { return true }
    let git = GitFolder(path: path, handle: handle, watch: watch)
    git.look(lockIsNew: false)
    owners[watch, default: []].append(.git(git))
    orphans.remove(watch)
    gitFolders.append(git)
    return true
  }
}

extension DirectoryHandle {
  private static let longestMarker = 8_192

  /// What a `.git` file in this folder says where the git directory is.
  fileprivate func gitTarget() -> RawPath? {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let file = unsafe openat(descriptor, GitFolder.marker.cString, flags)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var content = [UInt8](repeating: 0, count: Self.longestMarker)
    let length = unsafe content.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
    }
    let prefix = Array("gitdir: ".utf8)
    let line = content.prefix(max(0, length)).prefix { $0 != UInt8(ascii: "\n") }
    guard line.starts(with: prefix), line.count > prefix.count else { return nil }
    return RawPath(Array(line.dropFirst(prefix.count)))
  }
}
