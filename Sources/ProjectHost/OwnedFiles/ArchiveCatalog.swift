import ProjectModel
import SyncProtocol

/// The catalog of a deployed archive: what the current generation holds, to be read alone.
actor ArchiveCatalog: CatalogKeeping {
  typealias Document = CatalogDocument

  private enum Standing {
    case missing
    case bad(Problem)
    case good(CatalogDocument)
  }

  private let archive: String
  private let keyPath: String
  private let hub: EventHub
  private let read: @Sendable () async -> [UInt8]?
  private var key: RevisionKey?
  private var bytes: [UInt8]?
  private var standing = Standing.missing

  /// A catalog whose bytes are what `read` gives: those of the current generation.
  init(
    of archive: String,
    keyPath: String,
    hub: EventHub,
    read: @escaping @Sendable () async -> [UInt8]?
  ) {
    self.archive = archive
    self.keyPath = keyPath
    self.hub = hub
    self.read = read
  }

  func start() async throws(HostError) {
    key = try RevisionKey(at: keyPath)
    take(await read())
  }

  func lookAgain() async {
    let now = await read()
    guard now != bytes else { return }
    let (before, old) = (current, revision())
    take(now)
    var changed: [String]?
    if let before, let after = current {
      changed = after.elementsChanged(since: before).sorted()
      if changed?.count ?? 0 > RevisionChange.mostNames { changed = nil }
    }
    var problem: Problem?
    if case .bad(let found) = standing { problem = found }
    let change = RevisionChange(
      revision: revision(),
      since: old,
      changed: changed,
      problem: problem
    )
    await hub.post(.catalog(change))
  }

  private func take(_ now: [UInt8]?) {
    bytes = now
    guard let now else {
      standing = .missing
      return
    }
    do throws(UnreadableDocument) {
      standing = .good(try CatalogDocument(parsing: now, at: ProjectLayout.catalog))
    } catch {
      standing = .bad(error.problem)
    }
  }

  private var current: CatalogDocument? {
    guard case .good(let document) = standing else { return nil }
    return document
  }

  func revision() -> String? {
    guard case .good = standing, let bytes else { return nil }
    return key?.revision(of: bytes, at: ProjectLayout.catalog)
  }

  func document() throws(ProblemDetails) -> CatalogDocument {
    switch standing {
    case .good(let document): return document
    case .missing:
      throw ProblemDetails(.notFound, detail: "\(archive) holds no \(ProjectLayout.catalog).")
    case .bad(let problem):
      var details = ProblemDetails(
        .conflict,
        detail: "The catalog in \(archive) cannot be read: \(problem.text); build it again."
      )
      details.reason = .externalFileInvalid
      details.problems = [problem]
      throw details
    }
  }

  func state() throws(ProblemDetails) -> OwnedFileState<CatalogView> {
    let document = try document()
    return OwnedFileState(
      path: ProjectLayout.catalog.display,
      revision: revision() ?? "",
      content: document.view,
      problems: document.problems
    )
  }

  func apply(
    _ edit: EditRequest<CatalogOperation>,
    to revision: String?,
    isLenient: Bool,
    author: String
  ) throws(ProblemDetails) -> EditResult {
    throw ProblemDetails(
      .readOnly,
      detail:
        "The catalog of a deployed archive is only read: change it in the project, build that "
        + "again, and replace the archive."
    )
  }
}
