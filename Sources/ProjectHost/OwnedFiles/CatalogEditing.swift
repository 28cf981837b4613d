import ProjectModel
import SyncProtocol

/// The catalog as the routes see it: its edits make generations whose reason is `edit`.
struct CatalogEditing: CatalogKeeping {
  typealias Document = CatalogDocument

  let file: OwnedFile<CatalogDocument>
  let coordinator: ReloadCoordinator

  func start() async throws(HostError) { try await file.start() }

  func revision() async -> String? { await file.revision() }

  func document() async throws(ProblemDetails) -> CatalogDocument { try await file.document() }

  func lookAgain() async { await file.lookAgain() }

  func state() async throws(ProblemDetails) -> OwnedFileState<CatalogView> {
    try await file.state()
  }

  func apply(
    _ edit: EditRequest<CatalogOperation>,
    to revision: String?,
    isLenient: Bool,
    author: String
  ) async throws(ProblemDetails) -> EditResult {
    // Before the edit: its change may be noticed before its answer is there.
    await coordinator.expectEdit(of: ProjectLayout.catalog)
    do throws(ProblemDetails) {
      return try await file.apply(edit, to: revision, isLenient: isLenient, author: author)
    } catch {
      await coordinator.expectNoEdit(of: ProjectLayout.catalog)
      throw error
    }
  }
}
