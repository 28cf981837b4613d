import Logging
import ProjectModel
import SyncProtocol

extension OwnedFile {
  /// Keeps the answer to an edit that changed nothing.
  func keepUnchanged(_ edit: PlannedEdit<Document>) throws(ProblemDetails) -> EditResult {
    guard let desk else { throw notOpen }
    let outcome = edit.outcome(revision: edit.before.revision, at: settings.now())
    do throws(FileFailure) {
      try desk.journal.append(.outcome(outcome), isDurable: true)
    } catch {
      throw error.problem
    }
    outcomes[edit.opID] = outcome
    return outcome.result
  }

  /// Writes an edit.
  ///
  /// - Returns: its answer; `nil` when somebody else was quicker: then nothing of it is left, and
  ///   it is to be tried on what is there now.
  func commit(
    _ edit: PlannedEdit<Document>,
    until deadline: ContinuousClock.Instant
  ) async throws(ProblemDetails) -> EditResult? {
    guard let desk else { throw notOpen }
    isCommitting = true
    defer { isCommitting = false }
    let target = try target(of: edit.before)
    guard target.exists == edit.before.exists else {
      seen = nil
      return nil
    }
    do throws(FileFailure) {
      let folder = try target.openFolder(below: settings.root)
      let path = edit.before.path
      let key = desk.key
      let replacement = FileReplacement(
        in: folder,
        name: target.name,
        temporary: FileReplacement.temporaryName(for: target.name),
        base: edit.before.exists ? edit.before.revision : nil,
        new: key.revision(of: edit.after.bytes, at: path),
        mode: settings.kind.newMode,
        revision: { key.revision(of: $0, at: path) },
        steps: settings.steps
      )
      return try await write(edit, by: replacement, target, desk, until: deadline)
    } catch {
      // Whatever is there now, it is looked at again.
      seen = nil
      throw error.problem
    }
  }

  private func write(
    _ edit: PlannedEdit<Document>,
    by staged: FileReplacement,
    _ target: FileTarget,
    _ desk: Desk,
    until deadline: ContinuousClock.Instant
  ) async throws(FileFailure) -> EditResult? {
    var replacement = staged
    try replacement.stage(edit.after.bytes)
    let outcome = edit.outcome(revision: replacement.new, at: settings.now())
    let number = desk.journal.nextNumber()
    // What the edit deletes is remembered too.
    let remembered = settings.remember(
      edit.after,
      settings.remember(edit.before.document, memory)
    )
    do throws(FileFailure) {
      let intent = JournalRecord.Intent(
        outcome: outcome,
        author: edit.author,
        folder: target.folder,
        name: target.name,
        temporary: replacement.temporary,
        base: replacement.base,
        new: replacement.new
      )
      let news = remembered == memory ? nil : remembered
      try desk.journal.append(.intent(intent, number, memory: news), isDurable: true)
    } catch {
      giveUp(replacement, number, desk)
      throw error
    }
    do throws(FileFailure) {
      guard try await putInPlace(&replacement, edit.before.path, until: deadline) else {
        seen = nil
        giveUp(replacement, number, desk)
        return nil
      }
    } catch {
      giveUp(replacement, number, desk)
      throw error
    }
    finish(edit, outcome, replacement, number, remembered, desk)
    return outcome.result
  }

  /// Exchanges the files, and takes that back unless the edit is then in the file for good.
  ///
  /// - Returns: false when somebody else was quicker.
  private func putInPlace(
    _ replacement: inout FileReplacement,
    _ path: ProjectPath,
    until deadline: ContinuousClock.Instant
  ) async throws(FileFailure) -> Bool {
    let lock = gitLock(for: path)
    try replacement.ask(.lookForGit, "look for git beside", replacement.name)
    guard !lock.isHeld, try replacement.exchange() else { return false }
    sayFallback(replacement)
    do throws(FileFailure) {
      guard try replacement.displaced() == .base else {
        try giveBack(&replacement)
        return false
      }
      // git may have looked at the file before the exchange and replace it after: while it works,
      // the edit is not safe.
      try replacement.ask(.lookForGitAgain, "look for git beside", replacement.name)
      if lock.isHeld {
        let isFree = await wait(for: deadline - .now) { !lock.isHeld }
        guard replacement.isInPlace else { return false }
        guard isFree else {
          try giveBack(&replacement)
          return false
        }
      }
      guard settings.path == path else {
        try giveBack(&replacement)
        return false
      }
      try replacement.syncFolder()
    } catch {
      try giveBack(&replacement)
      throw error
    }
    return true
  }

  private func giveBack(_ replacement: inout FileReplacement) throws(FileFailure) {
    guard try !replacement.giveBack() else { return }
    park(replacement.temporary, of: replacement.name, in: replacement.folder)
  }

  /// The edit is in the file: nothing that fails from here on can undo it.
  private func finish(
    _ edit: PlannedEdit<Document>,
    _ outcome: JournalRecord.Outcome,
    _ replacement: FileReplacement,
    _ number: Int,
    _ remembered: [UInt8]?,
    _ desk: Desk
  ) {
    let path = edit.before.path
    // The next start removes what cannot be removed now, and writes what cannot be written.
    let removal = Result { () throws(FileFailure) in
      try replacement.removeTemporary(.removeDisplaced)
    }
    if case .failure(let failure) = removal { warn(failure) }
    if let failure = desk.journal.appendSoon(.done(number)) { warn(failure) }
    outcomes[edit.opID] = outcome
    memory = remembered
    adopt(edit.after, replacement.new, path, exists: true)
    seen = nil
    if let staged = replacement.staged, let stamp = replacement.folder.stamp(of: replacement.name),
      stamp.isSameFile(as: staged.stamp)
    {
      seen = Seen(path: path, stamp: stamp, revision: replacement.new)
    }
    if desk.journal.isLong { compact(desk) }
  }

  /// The edit is not in the file and will not be; only then its bytes are removed.
  private func giveUp(_ replacement: FileReplacement, _ number: Int, _ desk: Desk) {
    // What lies beside the file may be somebody else's: the next start settles it.
    guard !replacement.isStuck else { return }
    if let failure = desk.journal.appendSoon(.aborted(number), isDurable: true) {
      // Until that is on the disk, the bytes beside the file tell it after a crash.
      warn(failure)
      return
    }
    do throws(FileFailure) {
      try replacement.removeTemporary(.removeTemporary)
    } catch {
      warn(error)
    }
  }

  func compact(_ desk: Desk) {
    let now = settings.now()
    outcomes = outcomes.filter { now - $0.value.time < OwnedFileSettings<Document>.outcomeLife }
    let kept = outcomes.values.sorted { $0.time < $1.time }.map { JournalRecord.outcome($0) }
    do throws(FileFailure) {
      try desk.journal.replace(by: kept + (memory.map { [.memory($0)] } ?? []))
    } catch {
      warn(error)
    }
  }

  private func target(of known: Known) throws(ProblemDetails) -> FileTarget {
    do throws(FileTarget.Refusal) {
      return try FileTarget(known.path, below: settings.root)
    } catch {
      switch error {
      case .failure(let failure): throw failure.problem
      case .linkOutside(let path):
        throw ProblemDetails(
          .conflict,
          detail: "\(known.path) is a link to \(path), which is not in the project: "
            + "put the file itself into the project"
        )
      }
    }
  }

  private func sayFallback(_ replacement: FileReplacement) {
    guard replacement.usedFallback, !saidFallback else { return }
    saidFallback = true
    settings.logger.warning(
      "this file system cannot exchange two files: what others write in the same instant as an edit can be lost",
      metadata: ["folder": "\(replacement.folder.path)"]
    )
  }

  func warn(_ failure: FileFailure) {
    settings.logger.warning(
      "an owned file's journal or temporary file is left as it is until the next start",
      metadata: ["cause": "\(failure.text)"]
    )
  }
}
