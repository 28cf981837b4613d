internal import Glibc
internal import ProjectModel

/// Opens folders below a held root, one name after the other and never through a symbolic link.
///
/// The chain to the last folder stays open, so that neighbours cost one call each. What it holds
/// grows stale when folders move: `forget()` begins anew.
final class FolderChain {
  private let root: Descriptor
  private var names: [ArraySlice<UInt8>] = []
  private var open: [Descriptor] = []
  private var last: ProjectPath = .root

  init(root: Descriptor) { self.root = root }

  func forget() {
    names = []
    open = []
    last = .root
  }

  /// The folder at `path`, for looking up names in it.
  func open(_ path: ProjectPath) -> Result<Descriptor, Errno> {
    if path == last { return .success(open.last ?? root) }
    let components = path.components
    var common = 0
    while common < min(components.count, names.count), names[common] == components[common] {
      common += 1
    }
    names.removeLast(names.count - common)
    open.removeLast(open.count - common)
    for name in components[common...] {
      let flags = openPathOnly | O_DIRECTORY | O_NOFOLLOW
      switch (open.last ?? root).open(name, flags) {
      case .success(let folder):
        names.append(name)
        open.append(folder)
      case .failure(let error):
        forget()
        return .failure(error)
      }
    }
    last = path
    return .success(open.last ?? root)
  }
}
