/// One folder of the tree as it was last seen.
///
/// A node never moves: a folder that is renamed is dropped at its old place and read anew at its
/// new one, so that no path in the tree is ever stale.
final class DirectoryNode {
  /// How changes in the folder come to be known.
  enum Coverage {
    case watched
    /// The kernel grants no further watch; the folder is polled.
    case unwatched
    /// It may not be read; its parent reports when that changes.
    case unreadable
  }

  let name: RawPath
  private(set) unowned var parent: DirectoryNode?
  var identity: FileIdentity
  var watch: CInt?
  var coverage = Coverage.unwatched
  var directories: [RawPath: DirectoryNode] = [:]
  var files: [RawPath: FileStamp] = [:]
  /// False once the node has been dropped from the tree.
  var isAttached = true

  init(name: RawPath, parent: DirectoryNode?, identity: FileIdentity) {
    self.name = name
    self.parent = parent
    self.identity = identity
  }

  /// The node is out of the tree; work that still names it has to be forgotten.
  func detach() {
    isAttached = false
    parent = nil
  }

  /// Relative to the root.
  var path: RawPath {
    guard let parent else { return name }
    var names = [name.bytes]
    var node = parent
    while let above = node.parent {
      names.append(node.name.bytes)
      node = above
    }
    return RawPath(Array(names.reversed().joined(separator: [RawPath.separator])))
  }
}
