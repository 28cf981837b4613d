import Bundler
package import ProjectModel
package import SyncProtocol

/// A file that the server alone writes, and yet others write: editors and git.
///
/// Edits are carried out one at a time, each whole and once or not at all. What others write is
/// noticed, becomes a revision of its own, and is never overwritten unseen.
package actor OwnedFile<Document: OwnedDocument>: OwnedFileEditing {
  /// The last state of the file that could be read.
  struct Known {
    let document: Document
    let revision: String
    let path: ProjectPath
    /// False for a file that its first edit will make.
    let exists: Bool
    /// Whether there is a file to read: this one, or the one that stands in for it.
    let isShown: Bool
  }

  enum Standing {
    /// Not looked at yet.
    case unseen
    /// `known` is what the file holds.
    case good
    case missing
    case bad(Problem, ProblemDetails.Reason)
  }

  /// What was looked at last.
  struct Seen: Equatable {
    let path: ProjectPath
    let stamp: FileStamp
    let revision: String
  }

  /// What there is once the file is open.
  struct Desk {
    let key: RevisionKey
    let journal: EditJournal
  }

  let settings: OwnedFileSettings<Document>
  let turn = Turn()
  var desk: Desk?
  var standing = Standing.unseen
  var known: Known?
  var seen: Seen?
  var history = RevisionHistory()
  var outcomes: [String: JournalRecord.Outcome] = [:]
  var memory: [UInt8]?
  /// Our own bytes are in the file but not yet for good: nobody may look.
  var isCommitting = false
  var saidFallback = false
  private var news: [RevisionChange] = []
  private var isTelling = false
  private let thread = FileThread()

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// Nothing is read before `start()`.
  package init(_ settings: OwnedFileSettings<Document>) { self.settings = settings }

  package func state() async throws(ProblemDetails) -> OwnedFileState<Document.View> {
    let known = try await readable()
    return OwnedFileState(
      path: known.path.display,
      revision: known.revision,
      content: known.document.view,
      problems: known.document.problems
    )
  }

  /// The document as it is in the file now.
  ///
  /// - Throws: as `state()`.
  package func document() async throws(ProblemDetails) -> Document {
    try await readable().document
  }

  /// The current revision; `nil` while the file is missing or cannot be read.
  package func revision() async -> String? {
    await observe()
    guard case .good = standing, let known, known.isShown else { return nil }
    return known.revision
  }

  /// Looks whether somebody changed the file: to be called when the watcher reports its path.
  package func lookAgain() async { await observe() }

  private func readable() async throws(ProblemDetails) -> Known {
    await observe()
    return try usable()
  }

  /// What edits can be made from.
  func usable() throws(ProblemDetails) -> Known {
    let path = settings.path
    switch standing {
    case .good:
      if let known { return known }
    case .missing:
      throw ProblemDetails(.notFound, detail: "\(path) is missing: restore it, then ask again")
    case .bad(let problem, let reason):
      let line = problem.line.map { ", line \($0)" } ?? ""
      var details = ProblemDetails(
        .conflict,
        detail: "\(problem.file)\(line): \(problem.text); mend the file, then send the edit again"
      )
      details.reason = reason
      details.problems = [problem]
      throw details
    case .unseen: break
    }
    throw notOpen
  }

  var notOpen: ProblemDetails {
    ProblemDetails(
      .internalError,
      detail: "the \(settings.kind.rawValue) is not open yet: ask again in a moment"
    )
  }

  func tell(_ change: RevisionChange) { news.append(change) }

  /// Tells what is new, in its order; who comes meanwhile leaves it to the one who tells already.
  func announceNews() async {
    guard !isTelling else { return }
    isTelling = true
    while !news.isEmpty { await settings.announce(news.removeFirst()) }
    isTelling = false
  }
}
