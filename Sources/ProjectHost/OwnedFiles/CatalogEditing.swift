package import ProjectModel
package import SyncProtocol

/// The catalog as the routes see it: its edits make generations whose reason is `edit`.
package struct CatalogEditing: OwnedFileEditing {
  package typealias Document = CatalogDocument

  let file: OwnedFile<CatalogDocument>
  let coordinator: ReloadCoordinator

  package func state() async throws(ProblemDetails) -> OwnedFileState<CatalogView> {
    try await file.state()
  }

  package func apply(
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
