import Bundler
package import ProjectModel
package import SyncProtocol

extension OwnedFile {
  /// An edit may be overtaken so often before it is refused.
  private static var mostTries: Int { 16 }

  package func apply(
    _ edit: EditRequest<Document.Operation>,
    to revision: String?,
    isLenient: Bool,
    author: String
  ) async throws(ProblemDetails) -> EditResult {
    try Self.check(edit)
    await turn.take()
    defer { turn.give() }
    do throws(ProblemDetails) {
      let result = try await carryOut(edit, revision, isLenient, author)
      await announceNews()
      return result
    } catch {
      await announceNews()
      throw error
    }
  }

  private func carryOut(
    _ edit: EditRequest<Document.Operation>,
    _ revision: String?,
    _ isLenient: Bool,
    _ author: String
  ) async throws(ProblemDetails) -> EditResult {
    let isDryRun = edit.dryRun == true
    let fingerprint = try fingerprint(of: edit)
    if !isDryRun, let kept = try keptAnswer(edit.opID, fingerprint) { return kept }
    guard let revision else { throw Self.revisionNeeded(edit.opID) }
    let deadline = ContinuousClock.now + settings.patience
    var context: (revision: String, value: Document.Context)?
    for _ in 0..<Self.mostTries {
      let current = try await currentWhenQuiet(until: deadline)
      try admit(edit, revision, current, isLenient: isLenient)
      guard let ready = context, ready.revision == current.revision else {
        let value = try await settings.makeContext(memory, current.document, edit.operations)
        context = (current.revision, value)
        // The file may be another one by now.
        continue
      }
      let after = try Self.document(after: edit, from: current.document, in: ready.value)
      let changed = after.elementsChanged(since: current.document)
      if isDryRun {
        return EditResult(
          opID: edit.opID,
          revision: current.revision,
          changed: changed.sorted(),
          problems: after.problems,
          diff: settings.difference(current.document, after)
        )
      }
      let change = PlannedEdit(
        opID: edit.opID,
        fingerprint: fingerprint,
        author: author,
        before: current,
        after: after,
        changed: changed
      )
      if after.bytes == current.document.bytes { return try keepUnchanged(change) }
      if let result = try await commit(change, until: deadline) { return result }
    }
    throw busy("\(settings.path) keeps changing")
  }

  private static func check(
    _ edit: EditRequest<Document.Operation>
  ) throws(ProblemDetails) {
    let isWord = edit.opID.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isWord, (1...64).contains(edit.opID.utf8.count) else {
      throw ProblemDetails(
        .badRequest,
        detail: "the op_id is not 1 to 64 letters, digits, \"-\" and \"_\": choose another one"
      )
    }
    let most = EditRequest<Document.Operation>.mostOperations
    guard (1...most).contains(edit.operations.count) else {
      throw ProblemDetails(
        .badRequest,
        detail: edit.operations.isEmpty
          ? "the edit has no operations: send one at least"
          : "the edit has \(edit.operations.count) operations: send \(most) at most"
      )
    }
  }

  private func fingerprint(
    of edit: EditRequest<Document.Operation>
  ) throws(ProblemDetails) -> String {
    // Under one path, wherever the file lies when the edit is sent again.
    guard let desk, let path = settings.places.last else { throw notOpen }
    guard let json = try? WireJSON.encode(edit.operations) else {
      throw ProblemDetails(.badRequest, detail: "the operations cannot be written as JSON")
    }
    return desk.key.fingerprint(of: Array(json), at: path)
  }

  /// The answer that this very edit got before.
  private func keptAnswer(
    _ opID: String,
    _ fingerprint: String
  ) throws(ProblemDetails) -> EditResult? {
    guard let kept = outcomes[opID] else { return nil }
    guard settings.now() - kept.time < OwnedFileSettings<Document>.outcomeLife else {
      outcomes[opID] = nil
      return nil
    }
    if kept.fingerprint == fingerprint { return kept.result }
    var problem = ProblemDetails(
      .conflict,
      detail: "the op_id \(opID) was used for other operations: choose a new one"
    )
    problem.reason = .opIDReused
    throw problem
  }

  private static func revisionNeeded(_ opID: String) -> ProblemDetails {
    ProblemDetails(
      .preconditionRequired,
      detail: "the edit \(opID) names no revision: read the file, then send its ETag as If-Match"
    )
  }

  /// The current state, once neither git nor another writer is at the file.
  private func currentWhenQuiet(
    until deadline: ContinuousClock.Instant
  ) async throws(ProblemDetails) -> Known {
    let path = settings.path
    let lock = gitLock(for: path)
    let file = "\(settings.root)/\(path.display)"
    let isQuiet = await wait(for: deadline - .now) {
      !lock.isHeld && !ProjectFile.isBeingWritten(file) && self.look(acceptingAll: false)
    }
    guard !isQuiet else { return try usable() }
    throw busy(
      lock.isHeld
        ? "git is at work in the project (\(lock.path ?? "index.lock") is there; remove it if no "
          + "git runs)"
        : "another program has \(path) open for writing"
    )
  }

  func busy(_ what: String) -> ProblemDetails {
    var problem = ProblemDetails(
      .conflict,
      detail: "\(what); nothing was changed: send the edit again in a moment"
    )
    problem.reason = .busy
    return problem
  }

  /// Lets an edit pass that is meant for the current revision, or does not mind the difference.
  private func admit(
    _ edit: EditRequest<Document.Operation>,
    _ revision: String,
    _ current: Known,
    isLenient: Bool
  ) throws(ProblemDetails) {
    guard revision != current.revision else { return }
    let conflicts = history.changed(since: revision).map { changed in
      changed.intersection(current.document.touched(by: edit.operations))
    }
    if isLenient, let conflicts, conflicts.isEmpty { return }
    var problem = ProblemDetails(
      .revisionMismatch,
      detail: "\(current.path) has changed since the revision that the edit is meant for: "
        + "read it again, then send the edit with a new op_id or the same one"
    )
    problem.revision = current.revision
    problem.conflicts = conflicts?.sorted()
    throw problem
  }

  private static func document(
    after edit: EditRequest<Document.Operation>,
    from document: Document,
    in context: Document.Context
  ) throws(ProblemDetails) -> Document {
    do throws(RefusedEdit) {
      return try document.applying(edit.operations, in: context)
    } catch {
      var problem = ProblemDetails(
        .semanticInvalid,
        detail: "nothing was changed: "
          + (error.problems.first?.text ?? "an operation cannot be carried out")
      )
      problem.problems = error.problems
      throw problem
    }
  }
}
