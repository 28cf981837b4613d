import ProjectModel
import SyncProtocol

/// A project's catalog, wherever it lies: in the project's folder, or in a deployed archive.
protocol CatalogKeeping: OwnedFileEditing<CatalogDocument> {
  /// To be called once, before anything else.
  func start() async throws(HostError)
  /// The current revision; `nil` while the catalog is missing or cannot be read.
  func revision() async -> String?
  func document() async throws(ProblemDetails) -> CatalogDocument
  /// Looks whether it has changed, and tells of that.
  func lookAgain() async
}
