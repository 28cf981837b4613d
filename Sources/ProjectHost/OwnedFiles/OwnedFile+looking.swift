import Glibc
import Logging
import ProjectModel
import SyncProtocol

extension OwnedFile {
  /// How long somebody's writing is waited for before the file counts as it is.
  private static var lookPatience: Duration { .seconds(1) }

  /// Looks until the file stands still, and tells what is new.
  func observe() async {
    let isSteady = await wait(for: Self.lookPatience) { self.look(acceptingAll: false) }
    if !isSteady { _ = look(acceptingAll: true) }
    await announceNews()
  }

  /// Asks again and again, until the answer is yes or the time is over.
  func wait(for patience: Duration, until isSo: () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + patience
    while !isSo() {
      guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  /// Compares the disk with what is known.
  ///
  /// - Parameter acceptingAll: also what somebody is writing at this moment.
  /// - Returns: false when somebody is; then nothing is known better than before.
  func look(acceptingAll: Bool) -> Bool {
    guard !isCommitting, let desk else { return true }
    let path = settings.path
    let file = "\(settings.root)/\(path.display)"
    if let seen, seen.path == path, seen.stamp.isSettled, FileStamp(at: file) == seen.stamp {
      return true
    }
    do throws(FileFailure) {
      guard let content = try ProjectFile.read(file) else {
        if let bytes = settings.embedded() {
          noteEmbedded(bytes, path, desk)
          return true
        }
        if case .missing = standing { return true }
        if case .good = standing, let known, !known.exists, known.path == path { return true }
        if !acceptingAll, isInWork(path) { return false }
        noteMissing(path, desk)
        return true
      }
      let now = Seen(
        path: path,
        stamp: content.stamp,
        revision: desk.key.revision(of: content.bytes, at: path)
      )
      if let seen, seen.path == path, seen.revision == now.revision {
        self.seen = now
        return true
      }
      if !acceptingAll, isInWork(path) { return false }
      note(content.bytes, now)
    } catch {
      if !acceptingAll, error.number == EAGAIN || isInWork(path) { return false }
      seen = nil
      noteUnreadable(
        Problem(
          rule: "owned-file-unreadable",
          severity: .warning,
          file: path.display,
          text: error.text
        ),
        .externalFileInvalid
      )
    }
    return true
  }

  /// Whether git or a writer is at it: what is read now may be half of something.
  private func isInWork(_ path: ProjectPath) -> Bool {
    ProjectFile.isBeingWritten("\(settings.root)/\(path.display)") || gitLock(for: path).isHeld
  }

  func gitLock(for path: ProjectPath) -> GitIndexLock {
    GitIndexLock(near: ProjectFile.realFolder(of: "\(settings.root)/\(path.display)"))
  }

  private func note(_ bytes: [UInt8], _ now: Seen) {
    seen = now
    do throws(UnreadableDocument) {
      adopt(try Document(parsing: bytes, at: now.path), now.revision, now.path, exists: true)
    } catch {
      let hasMarkers = MergeMarkers.firstLine(in: bytes) != nil
      noteUnreadable(error.problem, hasMarkers ? .mergeMarkers : .externalFileInvalid)
    }
  }

  private func noteUnreadable(_ problem: Problem, _ reason: ProblemDetails.Reason) {
    if case .bad(problem, reason) = standing { return }
    let wasSeen = hasBeenSeen
    standing = .bad(problem, reason)
    guard wasSeen else { return }
    tell(RevisionChange(revision: nil, since: known?.revision, changed: nil, problem: problem))
  }

  private func noteMissing(_ path: ProjectPath, _ desk: Desk) {
    seen = nil
    if let bytes = settings.startingBytes, let start = try? Document(parsing: bytes, at: path) {
      adopt(start, desk.key.absentRevision(at: path), path, exists: false)
      return
    }
    let wasSeen = hasBeenSeen
    standing = .missing
    if wasSeen { tell(RevisionChange(revision: nil, since: known?.revision, changed: nil)) }
  }

  private func noteEmbedded(_ bytes: [UInt8], _ path: ProjectPath, _ desk: Desk) {
    seen = nil
    let revision = desk.key.revision(of: bytes, at: path)
    if case .good = standing, let known, !known.exists, known.revision == revision { return }
    do throws(UnreadableDocument) {
      let document = try Document(parsing: bytes, at: path)
      adopt(document, revision, path, exists: false, isShown: true)
    } catch {
      noteUnreadable(error.problem, .externalFileInvalid)
    }
  }

  var hasBeenSeen: Bool {
    if case .unseen = standing { return false }
    return true
  }

  /// Takes a state of the file for the current one, and tells of it.
  func adopt(
    _ document: Document,
    _ revision: String,
    _ path: ProjectPath,
    exists: Bool,
    isShown: Bool? = nil
  ) {
    let isShown = isShown ?? exists
    let old = known
    let changed = old.map { document.elementsChanged(since: $0.document) }
    let wasSeen = hasBeenSeen
    known = Known(
      document: document,
      revision: revision,
      path: path,
      exists: exists,
      isShown: isShown
    )
    standing = .good
    if old?.revision != revision { history.add(revision, changed: changed) }
    remember(document)
    guard wasSeen else { return }
    let names = changed.flatMap { names in
      settings.kind.tellsNames && names.count <= RevisionChange.mostNames ? names.sorted() : nil
    }
    tell(
      RevisionChange(
        revision: isShown ? revision : nil,
        since: old.flatMap { $0.isShown ? $0.revision : nil },
        changed: isShown ? names : nil
      )
    )
  }

  /// Keeps what has to survive of a state, also of one that others wrote.
  private func remember(_ document: Document) {
    let now = settings.remember(document, memory)
    guard now != memory, let now, let desk else { return }
    memory = now
    // No sync: what others wrote is not lost with it, and the next edit brings it to the disk.
    if let failure = desk.journal.appendSoon(.memory(now)) {
      settings.logger.warning(
        "what belongs to an owned file cannot be remembered on the disk yet",
        metadata: ["cause": "\(failure.text)"]
      )
    }
  }
}
