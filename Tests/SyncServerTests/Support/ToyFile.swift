import ProjectHost
import ProjectModel
import SyncProtocol

/// An owned file whose content is a list of words.
struct ToyDocument: OwnedDocument {
  struct Operation: Codable, Hashable, Sendable {
    let add: String
  }

  struct Context: Sendable {}

  let view: [String]
  var bytes: [UInt8] { Array(view.joined(separator: "\n").utf8) }
  var problems: [Problem] { [] }

  init(view: [String]) { self.view = view }

  init(parsing bytes: [UInt8], at path: ProjectPath) throws(UnreadableDocument) {
    view = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  func applying(_ operations: [Operation], in context: Context) throws(RefusedEdit) -> Self {
    ToyDocument(view: view + operations.map(\.add))
  }

  func touched(by operations: [Operation]) -> Set<String> { Set(operations.map(\.add)) }

  func elementsChanged(since old: Self) -> Set<String> { Set(view).subtracting(old.view) }
}

/// Edits a list of words in memory; its revision is `r` and their number.
actor ToyFile: OwnedFileEditing {
  typealias Document = ToyDocument

  private var document = ToyDocument(view: ["one"])
  private(set) var authors: [String] = []
  private(set) var lenient: [Bool] = []

  private var revision: String { "r\(document.view.count)" }

  func state() async throws(ProblemDetails) -> OwnedFileState<[String]> {
    OwnedFileState(path: "toy", revision: revision, content: document.view, problems: [])
  }

  func apply(
    _ edit: EditRequest<ToyDocument.Operation>,
    to revision: String?,
    isLenient: Bool,
    author: String
  ) async throws(ProblemDetails) -> EditResult {
    guard let revision else {
      throw ProblemDetails(.preconditionRequired, detail: "Name a revision.")
    }
    guard revision == self.revision || isLenient else {
      var problem = ProblemDetails(.revisionMismatch, detail: "Stale.")
      problem.revision = self.revision
      throw problem
    }
    authors.append(author)
    lenient.append(isLenient)
    do {
      document = try document.applying(edit.operations, in: .init())
    } catch {
      throw ProblemDetails(.semanticInvalid, detail: "Refused.")
    }
    return EditResult(
      opID: edit.opID,
      revision: self.revision,
      changed: edit.operations.map(\.add),
      problems: []
    )
  }
}
