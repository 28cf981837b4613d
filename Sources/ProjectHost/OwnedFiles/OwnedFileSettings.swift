import Glibc
package import Logging
package import ProjectModel
package import SyncProtocol

/// What an owned file needs to know of the project and of its kind of document.
package struct OwnedFileSettings<Document: OwnedDocument>: Sendable {
  package let kind: OwnedFileKind
  /// The real path of the package root.
  package let root: String
  /// The project system folder.
  package let stateFolder: String

  /// Where the file may lie; the first that is there wins.
  package var places: [ProjectPath]
  /// The file that stands in for a missing one: it can be read, and the first edit copies it.
  package var embedded: @Sendable () -> [UInt8]? = { nil }
  /// What a missing file is made from by its first edit; `nil` where there has to be one.
  package var startingBytes: [UInt8]?
  /// What operations need beside the document, from what was remembered; may take its time.
  package var makeContext:
    @Sendable ([UInt8]?, Document, [Document.Operation]) async throws(ProblemDetails) ->
      Document.Context
  /// What is to be remembered with a state of the document, from what was before.
  package var remember: @Sendable (Document, [UInt8]?) -> [UInt8]? = { _, before in before }
  /// The difference of two states, for `dryRun`; without any secret.
  package var difference: @Sendable (Document, Document) -> String = { _, _ in "" }
  /// Is told of each new revision, in their order.
  package var announce: @Sendable (RevisionChange) async -> Void = { _ in }

  package var logger = Logger(label: "syncd.owned-file")
  /// How long an edit waits for git and for other writers.
  package var patience: Duration = .seconds(5)
  /// The time of day in milliseconds since 1970.
  package var now: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
  package var steps: EditStepHook = { _ in 0 }
  /// The length of the journal from which on it is written anew.
  package var journalBound = 4 * 1024 * 1024

  package init(
    _ kind: OwnedFileKind,
    root: String,
    stateFolder: String,
    makeContext:
      @escaping @Sendable ([UInt8]?, Document, [Document.Operation])
      async throws(ProblemDetails) -> Document.Context
  ) {
    self.kind = kind
    places = kind.places
    self.root = root
    self.stateFolder = stateFolder
    self.makeContext = makeContext
  }

  /// Answers are kept so long for a repetition.
  package static var outcomeLife: Int64 { 24 * 3_600 * 1_000 }

  /// The place in use.
  var path: ProjectPath { OwnedFileKind.path(among: places, below: root) }

  var journalFolder: String { stateFolder + "/journal" }
  var journalName: String { kind.rawValue + ".journal" }
  var keyPath: String { SystemFolder(at: stateFolder).revisionKey }
}
