import Glibc
import Logging
import ProjectModel

extension OwnedFile {
  /// Opens the file: settles what a crash left, and reads it.
  ///
  /// To be called once, by the one server that has the project, before anything else. A project
  /// whose file is missing or broken can be opened all the same.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package func start() async throws(HostError) {
    guard desk == nil else { return }
    let key = try RevisionKey(at: settings.keyPath)
    do throws(FileFailure) {
      let folder = settings.journalFolder
      guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
        throw FileFailure(errno, "make the folder", folder)
      }
      let journal = try EditJournal(
        in: try FolderHandle(folder),
        name: settings.journalName,
        bound: settings.journalBound,
        steps: settings.steps
      )
      try recover(key, journal)
    } catch {
      throw HostError(
        .stateFolder,
        "\(error.text): give this account the right, free space, or name another folder with "
          + "--state-dir"
      )
    }
    await observe()
  }

  private func recover(_ key: RevisionKey, _ journal: EditJournal) throws(FileFailure) {
    if journal.damagedLines > 0 {
      settings.logger.warning(
        "the journal of an owned file has damaged lines, which are skipped",
        metadata: ["journal": "\(journal.folder.path(of: journal.name))"]
      )
    }
    var contents = journal.contents
    for edit in contents.unsettled where try settle(edit, key, journal) { contents.accept(edit) }
    outcomes = contents.outcomes
    memory = contents.memory
    let opened = Desk(key: key, journal: journal)
    desk = opened
    removeLeftovers()
    compact(opened)
  }

  /// Ends an edit that a crash interrupted.
  ///
  /// - Returns: whether it is in the file, or was until others wrote the file.
  private func settle(
    _ edit: JournalContents.Unsettled,
    _ key: RevisionKey,
    _ journal: EditJournal
  ) throws(FileFailure) -> Bool {
    let intent = edit.intent
    let path = settings.root + (intent.folder.isEmpty ? "" : "/\(intent.folder)")
    // Without its folder nothing of the edit is left.
    guard let folder = try? FolderHandle(path) else { return false }
    let found = try find(intent, folder, key)
    if let following = edit.following {
      if found.temporary == .foreign {
        park(intent.temporary, of: intent.name, in: folder, journal)
      }
      try? folder.remove(intent.temporary)
      return following.base == intent.new
    }
    let verdict = InterruptedEdit.verdict(
      target: found.target,
      temporary: found.temporary,
      makesFile: intent.base == nil
    )
    let failure = settings.steps(.recover)
    if failure != 0 { throw FileFailure(failure, "recover", folder.path(of: intent.name)) }
    switch verdict {
    case .done, .dropped: break
    case .giveBack:
      try folder.rename(intent.temporary, to: intent.name, flags: LinuxCalls.exchange)
      park(intent.temporary, of: intent.name, in: folder, journal)
    case .park: park(intent.temporary, of: intent.name, in: folder, journal)
    }
    return verdict == .done
  }

  private func find(
    _ intent: JournalRecord.Intent,
    _ folder: FolderHandle,
    _ key: RevisionKey
  ) throws(FileFailure) -> (target: InterruptedEdit.Found, temporary: InterruptedEdit.Found) {
    let kept = FileReplacement.kept(intent.temporary)
    if folder.stamp(of: kept) != nil {
      // Between two steps of an exchange by links.
      if folder.stamp(of: intent.temporary) == nil {
        try folder.rename(kept, to: intent.temporary)
      } else {
        try folder.remove(kept)
      }
    }
    // The revision says which of a file's places is meant: one of them fits.
    func found(_ name: String) throws(FileFailure) -> InterruptedEdit.Found {
      guard let content = try folder.read(name) else { return .nothing }
      let revisions = settings.places.map { key.revision(of: content.bytes, at: $0) }
      if revisions.contains(intent.new) { return .new }
      if let base = intent.base, revisions.contains(base) { return .base }
      return .foreign
    }
    var temporary = try found(intent.temporary)
    let target = try found(intent.name)
    if temporary == .base, target == .new, folder.isBeingWritten(intent.temporary) {
      temporary = .foreign
    }
    return (target, temporary)
  }

  /// Removes the temporary files of edits of which the journal knows nothing: they were not begun.
  private func removeLeftovers() {
    for path in settings.places {
      guard let target = try? FileTarget(path, below: settings.root),
        let folder = try? FolderHandle("\(settings.root)/\(target.folder)")
      else { continue }
      let names = folder.names(
        from: FileReplacement.temporaryStart(of: target.name),
        to: FileReplacement.temporaryEnd
      )
      for name in names {
        do throws(FileFailure) { try folder.remove(name) } catch { warn(error) }
      }
    }
  }

  func park(_ temporary: String, of name: String, in folder: FolderHandle) {
    guard let desk else { return }
    park(temporary, of: name, in: folder, desk.journal)
  }

  /// Takes bytes that must not be lost out of the project, into the journal's folder.
  private func park(
    _ temporary: String,
    of name: String,
    in folder: FolderHandle,
    _ journal: EditJournal
  ) {
    let word = String(UInt32.random(in: 0 ... .max), radix: 16)
    let parked = "\(name).\(word).syncd-conflict"
    do throws(FileFailure) {
      guard let content = try folder.read(temporary) else { return }
      let path = journal.folder.path(of: parked)
      let file = try journal.folder.openFile(parked, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
      defer { close(file) }
      try FolderHandle.write(content.bytes, to: file, path)
      guard fsync(file) == 0 else { throw FileFailure(errno, "write to the disk", path) }
      try journal.folder.sync()
      try folder.remove(temporary)
      settings.logger.warning(
        "two wrote an owned file at the same time: the file keeps what others wrote last, and the other bytes are put aside",
        metadata: ["file": "\(folder.path(of: name))", "aside": "\(path)"]
      )
    } catch {
      // No room there: they stay beside the file, under a name that nothing removes.
      try? folder.rename(temporary, to: parked)
      settings.logger.error(
        "two wrote an owned file at the same time: the other bytes are put aside beside it",
        metadata: ["file": "\(folder.path(of: parked))", "cause": "\(error.text)"]
      )
    }
  }
}
