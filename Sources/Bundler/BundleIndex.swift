internal import ProjectModel

/// What the builder knows of the disk: one entry a member, in the order of the members.
struct BundleIndex {
  struct Entry: Sendable {
    var member: Member
    /// What `stat` said when the file was read; `.none` for folders.
    var signature: FileSignature
    /// Whether an equal signature proves that nothing changed.
    var isSettled: Bool
    /// Whether the inspector's results for this content are held.
    var isInspected = true
  }

  /// A place in the index: a file and a folder of one name are two.
  struct Key: Hashable {
    let path: ProjectPath
    let isFolder: Bool

    func precedes(_ other: Key) -> Bool {
      MemberOrder.precedes(path, isFolder: isFolder, other.path, isFolder: other.isFolder)
    }
  }

  private(set) var entries: [Entry] = []

  init() {}

  /// The members of a bundle, with what was kept of their files.
  init(_ members: [Member], _ sidecar: IndexSidecar?) {
    entries = members.map { member in
      if member.isFolder { return Entry(member: member, signature: .none, isSettled: true) }
      guard let file = sidecar?.files[member.path], file.content == member.content else {
        return Entry(member: member, signature: .none, isSettled: false, isInspected: false)
      }
      return Entry(member: member, signature: file.signature, isSettled: file.isSettled)
    }
  }

  /// The entries at and below a folder.
  func range(of folder: ProjectPath) -> Range<Int> {
    let start = lowerBound(Key(path: folder, isFolder: true))
    // What is inside a folder are neighbours, so the first that is not ends it.
    var (low, high) = (start, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].member.path.isInside(folder) { low = middle + 1 } else { high = middle }
    }
    return start..<low
  }

  func entry(_ key: Key) -> Entry? {
    position(of: key).map { entries[$0] }
  }

  /// Puts entries in, or takes them out where the value is `nil`.
  mutating func apply(_ edits: [Key: Entry?]) {
    var structural: [(key: Key, entry: Entry?)] = []
    for (key, entry) in edits {
      if let position = position(of: key) {
        if let entry { entries[position] = entry } else { structural.append((key, nil)) }
      } else if let entry {
        structural.append((key, entry))
      }
    }
    guard !structural.isEmpty else { return }
    structural.sort { $0.key.precedes($1.key) }
    var merged: [Entry] = []
    merged.reserveCapacity(entries.count + structural.count)
    var taken = 0
    for (key, entry) in structural {
      let position = lowerBound(key)
      merged += entries[taken..<position]
      taken = position
      if let entry { merged.append(entry) } else { taken += 1 }
    }
    merged += entries[taken...]
    entries = merged
  }

  mutating func removeAll() { entries = [] }

  private func position(of key: Key) -> Int? {
    let position = lowerBound(key)
    guard position < entries.count else { return nil }
    let member = entries[position].member
    return member.isFolder == key.isFolder && member.path == key.path ? position : nil
  }

  private func lowerBound(_ key: Key) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      let member = entries[middle].member
      let isBefore = MemberOrder.precedes(
        member.path,
        isFolder: member.isFolder,
        key.path,
        isFolder: key.isFolder
      )
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
