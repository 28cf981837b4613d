/// Finds the other names of a file: a write through one name is reported under that name alone.
struct InodeIndex {
  /// One name of a file.
  struct Entry {
    unowned let directory: DirectoryNode
    let name: RawPath

    func isSame(as other: Entry) -> Bool {
      directory === other.directory && name == other.name
    }
  }

  // Nearly every file has one name, so an array for each would be wasted.
  private var first: [UInt64: Entry] = [:]
  private var further: [UInt64: [Entry]] = [:]

  mutating func add(_ entry: Entry, inode: UInt64) {
    guard let known = first[inode] else {
      first[inode] = entry
      return
    }
    guard !known.isSame(as: entry) else { return }
    if further[inode]?.contains(where: { $0.isSame(as: entry) }) ?? false { return }
    further[inode, default: []].append(entry)
  }

  mutating func remove(_ entry: Entry, inode: UInt64) {
    var rest = further[inode] ?? []
    if let known = first[inode], known.isSame(as: entry) {
      first[inode] = rest.popLast()
    } else {
      rest.removeAll { $0.isSame(as: entry) }
    }
    further[inode] = rest.isEmpty ? nil : rest
  }

  /// All names of the inode except this one.
  ///
  /// Numbers are unique in one file system only: what is found may be another file, and is merely
  /// looked at.
  func others(than entry: Entry, inode: UInt64) -> [Entry] {
    guard let rest = further[inode], let known = first[inode] else {
      if let known = first[inode], !known.isSame(as: entry) { return [known] }
      return []
    }
    return ([known] + rest).filter { !$0.isSame(as: entry) }
  }
}
