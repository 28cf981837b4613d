import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

typealias LinesFile = OwnedFile<LinesDocument>
typealias LinesEdit = EditRequest<LinesDocument.Operation>

/// A project with an owned file, and the folder for the service's own state.
final class OwnedFileBench: Sendable {
  let folder: TemporaryFolder
  let kind: OwnedFileKind
  /// What was announced.
  let changes = Mutex<[RevisionChange]>([])
  /// The documents that were current, one after the other.
  let documents = Mutex<[LinesDocument]>([])
  /// Milliseconds since 1970.
  let time = Mutex<Int64>(1_000_000)

  var root: String { folder.path + "/project" }
  var state: String { folder.path + "/state" }
  var path: String { "\(root)/\(OwnedFileKind.path(among: kind.places, below: root).display)" }
  var file: URL { URL(filePath: path) }
  var gitLock: String { root + "/.git/index.lock" }

  init(_ kind: OwnedFileKind = .catalog, holding text: String? = "a=1\nb=2\n") throws {
    folder = try TemporaryFolder()
    self.kind = kind
    try folder.write("", to: "state/mark")
    try folder.write("", to: "project/.git/HEAD")
    if let text { try write(text) }
  }

  /// A copy of another bench's files, as a program would find them that starts now.
  init(copying other: OwnedFileBench) throws {
    folder = try TemporaryFolder()
    kind = other.kind
    for name in ["project", "state"] {
      try FileManager.default.copyItem(
        atPath: "\(other.folder.path)/\(name)",
        toPath: "\(folder.path)/\(name)"
      )
    }
  }

  func write(_ text: String) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
  }

  /// As an editor saves: a new file takes the name.
  func replace(_ text: String) throws { try Data(text.utf8).write(to: file, options: .atomic) }

  var text: String? { try? String(contentsOf: file, encoding: .utf8) }

  /// The file as the service holds it open.
  func open(
    startingWith start: String? = nil,
    patience: Duration = .seconds(60),
    journalBound: Int = 4 << 20,
    steps: @escaping EditStepHook = { _ in 0 }
  ) async throws -> LinesFile {
    var settings = OwnedFileSettings<LinesDocument>(kind, root: root, stateFolder: state) {
      stored,
      document,
      _ in
      max(stored.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0, document.largestID)
    }
    settings.startingBytes = start.map { Array($0.utf8) }
    settings.remember = { document, stored in
      self.documents.withLock { $0.append(document) }
      let before = stored.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
      return Array(String(max(before, document.largestID)).utf8)
    }
    settings.difference = { old, new in
      new.elementsChanged(since: old).sorted().joined(separator: ",")
    }
    settings.announce = { change in self.changes.withLock { $0.append(change) } }
    settings.now = { self.time.withLock { $0 } }
    settings.patience = patience
    settings.journalBound = journalBound
    settings.steps = steps
    let file = LinesFile(settings)
    try await file.start()
    return file
  }

  /// Names in the project that should not be there after an edit.
  var leftovers: [String] {
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.contains("syncd") }
  }

  /// What was put aside.
  var parked: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: state + "/journal")) ?? []
    return names.filter { $0.hasSuffix(".syncd-conflict") }.compactMap { name in
      try? String(contentsOfFile: "\(state)/journal/\(name)", encoding: .utf8)
    }
  }
}

extension OwnedFile where Document == LinesDocument {
  /// One edit, by default against the current revision.
  @discardableResult
  func edit(
    _ id: String,
    _ operations: LinesDocument.Operation...,
    at revision: String? = nil,
    lenient: Bool = false,
    dryRun: Bool? = nil
  ) async throws(ProblemDetails) -> EditResult {
    let current: String? = if let revision { revision } else { try await state().revision }
    return try await apply(
      EditRequest(opID: id, operations: operations, dryRun: dryRun),
      to: current,
      isLenient: lenient,
      author: "test"
    )
  }
}

/// What an edit is refused with.
func refusal(
  _ edit: () async throws(ProblemDetails) -> EditResult
) async throws -> ProblemDetails {
  let result: EditResult
  do throws(ProblemDetails) {
    result = try await edit()
  } catch {
    return error
  }
  throw UnexpectedAnswer(result: result)
}

struct UnexpectedAnswer: Error { let result: EditResult }
