import Glibc

/// New bytes on their way into the place of a file, so that nothing of anybody else's is lost.
///
/// The two files change names in one step, and only then it is looked at what was displaced. What
/// somebody else wrote at the last moment is then still there, and gets its name back.
struct FileReplacement {
  enum Displaced: Hashable {
    /// What the edit was made from, and nobody writes it.
    case base
    case foreign
    /// Somebody has it open for writing and may write yet.
    case beingWritten
  }

  let folder: FolderHandle
  let name: String
  /// The name beside the target: first of the new bytes, after the exchange of the displaced ones.
  let temporary: String
  /// `nil` where there was no file.
  let base: String?
  let new: String
  /// The rights of a file that was not there, before the umask.
  let mode: UInt32
  let revision: @Sendable ([UInt8]) -> String
  let steps: EditStepHook
  /// The file that holds the new bytes, held open: its number is not used again meanwhile.
  private(set) var staged: HeldFile?
  /// Whether the file system could not exchange two names.
  private(set) var usedFallback = false
  /// Whether an exchange broke off half-way: neither done nor undone.
  private(set) var isStuck = false

  init(
    in folder: FolderHandle,
    name: String,
    temporary: String,
    base: String?,
    new: String,
    mode: UInt32,
    revision: @escaping @Sendable ([UInt8]) -> String,
    steps: @escaping EditStepHook
  ) {
    self.folder = folder
    self.name = name
    self.temporary = temporary
    self.base = base
    self.new = new
    self.mode = mode
    self.revision = revision
    self.steps = steps
  }

  static func temporaryStart(of name: String) -> String { ".\(name).syncd-" }
  static let temporaryEnd = ".tmp"

  /// A name that neither watcher nor bundler nor editor takes for content.
  static func temporaryName(for name: String) -> String {
    temporaryStart(of: name) + String(UInt64.random(in: 0 ... .max), radix: 16) + temporaryEnd
  }

  /// Asks before a step; a test may let it fail.
  func ask(_ step: EditStep, _ action: String, _ name: String) throws(FileFailure) {
    let number = steps(step)
    if number != 0 { throw FileFailure(number, action, folder.path(of: name)) }
  }

  /// Writes the new bytes beside the target; without the target's attributes nothing is left.
  mutating func stage(_ bytes: [UInt8]) throws(FileFailure) {
    do throws(FileFailure) {
      try ask(.makeTemporary, "write", temporary)
      // What is to replace something is readable by this account alone until it has its rights.
      let mode = base == nil ? mode : 0o600
      let file = try folder.openFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
      defer { close(file) }
      try FolderHandle.write(bytes, to: file, folder.path(of: temporary))
      if base != nil, let old = try? folder.openFile(name, O_RDONLY) {
        defer { close(old) }
        try FileAttributes(of: old)?.set(on: file, folder.path(of: temporary))
      }
      try ask(.syncTemporary, "write to the disk", temporary)
      guard fsync(file) == 0 else {
        throw FileFailure(errno, "write to the disk", folder.path(of: temporary))
      }
    } catch {
      try? folder.remove(temporary)
      throw error
    }
    staged = HeldFile(temporary, in: folder)
    waitForCopies()
  }

  /// A program that is being started holds copies of all descriptors for a moment, also of the one
  /// that wrote the new bytes: later they would look like somebody else's who writes them.
  private func waitForCopies() {
    for _ in 0..<100 where folder.isBeingWritten(temporary) { usleep(1_000) }
  }

  /// Gives the new bytes their name.
  ///
  /// - Returns: false when somebody took the file away, or made one where there was none; then
  ///   nothing was done.
  mutating func exchange() throws(FileFailure) -> Bool {
    do throws(FileFailure) {
      try ask(.exchange, "give the new bytes their name:", name)
      guard base != nil else {
        try folder.rename(temporary, to: name, flags: LinuxCalls.doNotReplace)
        return true
      }
      try folder.rename(temporary, to: name, flags: LinuxCalls.exchange)
      return true
    } catch {
      switch error.number {
      case ENOENT where base != nil, EEXIST where base == nil: return false
      case EINVAL, ENOSYS: return try exchangeByLinks()
      default: throw error
      }
    }
  }

  /// For file systems that cannot exchange names: what comes between two of these steps is lost,
  /// what came before is not.
  private mutating func exchangeByLinks() throws(FileFailure) -> Bool {
    usedFallback = true
    do throws(FileFailure) {
      guard base != nil else {
        try folder.link(temporary, as: name)
        try folder.remove(temporary)
        return true
      }
      try folder.link(name, as: Self.kept(temporary))
    } catch {
      if error.number == ENOENT && base != nil || error.number == EEXIST { return false }
      throw error
    }
    do throws(FileFailure) {
      try folder.rename(temporary, to: name)
    } catch {
      try? folder.remove(Self.kept(temporary))
      throw error
    }
    isStuck = true
    try folder.rename(Self.kept(temporary), to: temporary)
    isStuck = false
    return true
  }

  /// The second name that the displaced file has for a moment without an exchange.
  static func kept(_ temporary: String) -> String {
    temporary.dropLast(temporaryEnd.count) + ".old" + temporaryEnd
  }

  /// Looks at what was displaced.
  func displaced() throws(FileFailure) -> Displaced {
    try ask(.inspect, "read", temporary)
    guard let base else { return .base }
    // In this order: when nobody has it open nobody can write it any more, since its name is ours.
    if folder.isBeingWritten(temporary) { return .beingWritten }
    guard let content = try folder.read(temporary) else { return .foreign }
    return revision(content.bytes) == base ? .base : .foreign
  }

  /// Whether the name still leads to our file, whatever was written into it since.
  var isInPlace: Bool {
    guard let staged else { return false }
    return folder.stamp(of: name)?.isSameFile(as: staged.stamp) == true
  }

  /// Whether a name leads to our bytes, and nobody is about to change them.
  private func holdsOurs(_ name: String) -> Bool {
    guard let staged, let content = try? folder.read(name),
      content.stamp.isSameFile(as: staged.stamp)
    else { return false }
    return !folder.isBeingWritten(name) && revision(content.bytes) == new
  }

  /// Undoes the exchange; what others wrote on top of our bytes stays where it is.
  ///
  /// - Returns: whether what was displaced is back, or was not worth keeping; otherwise it lies
  ///   under the temporary name and has to be parked.
  mutating func giveBack() throws(FileFailure) -> Bool {
    isStuck = true
    try ask(.giveBack, "give back the name", name)
    let isSettled = base == nil ? try takeAway() : try exchangeBack()
    isStuck = false
    return isSettled
  }

  /// Whoever writes on top of what we placed is newer than what we hold, and gets the name.
  private func exchangeBack() throws(FileFailure) -> Bool {
    var placed: FileStamp?
    for _ in 0..<16 {
      guard let held = folder.stamp(of: temporary), isStillPlaced(placed, as: name) else { break }
      guard try swap() else { break }
      if isStillPlaced(placed, as: temporary) { break }
      placed = held
    }
    guard let content = try folder.read(temporary) else { return true }
    let left = revision(content.bytes)
    return left == base || left == new
  }

  /// - Parameters:
  ///   - placed: what we gave the name to last; `nil` for our bytes.
  ///   - name: where it is now if nobody interfered.
  /// - Returns: whether it is there.
  private func isStillPlaced(_ placed: FileStamp?, as name: String) -> Bool {
    guard let placed else { return holdsOurs(name) }
    guard let stamp = folder.stamp(of: name) else { return false }
    return stamp.isSameFile(as: placed) && stamp.size == placed.size
      && stamp.modified == placed.modified
  }

  /// False when one of the two is not there any more.
  private func swap() throws(FileFailure) -> Bool {
    do throws(FileFailure) {
      try folder.rename(temporary, to: name, flags: LinuxCalls.exchange)
      return true
    } catch {
      switch error.number {
      case ENOENT: return false
      case EINVAL, ENOSYS: break
      default: throw error
      }
    }
    try folder.link(name, as: Self.kept(temporary))
    try folder.rename(temporary, to: name)
    try folder.rename(Self.kept(temporary), to: temporary)
    return true
  }

  /// Undoes the making of a file.
  private func takeAway() throws(FileFailure) -> Bool {
    guard holdsOurs(name) else { return true }
    try folder.rename(name, to: temporary)
    if holdsOurs(temporary) { return true }
    do throws(FileFailure) {
      try folder.link(temporary, as: name)
      try folder.remove(temporary)
      return true
    } catch {
      return false
    }
  }

  func syncFolder() throws(FileFailure) {
    try ask(.syncFolder, "write to the disk", name)
    try folder.sync()
  }

  func removeTemporary(_ step: EditStep) throws(FileFailure) {
    try ask(step, "remove", temporary)
    try folder.remove(temporary)
  }
}
