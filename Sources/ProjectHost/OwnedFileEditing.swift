package import ProjectModel
package import SyncProtocol

/// A file that only this server writes, as the routes see it.
package protocol OwnedFileEditing<Document>: Sendable {
  associatedtype Document: OwnedDocument

  /// The current revision and its content.
  ///
  /// - Throws: `not-found` without the file; `conflict` when it cannot be read, with the line.
  func state() async throws(ProblemDetails) -> OwnedFileState<Document.View>

  /// Carries out an edit: once, or not at all.
  ///
  /// - Parameters:
  ///   - edit: the operations and the id under which their outcome is kept.
  ///   - revision: the revision that the client has seen; without one it is refused.
  ///   - isLenient: an older revision will do when nothing that the edit touches has changed since.
  ///   - author: the id of the session, or a word for the caller, for the journal.
  /// - Returns: when the edit and its outcome are on the disk.
  /// - Throws: `precondition-required`, `revision-mismatch`, `semantic-invalid`, `conflict`, `not-found`.
  func apply(
    _ edit: EditRequest<Document.Operation>,
    to revision: String?,
    isLenient: Bool,
    author: String
  ) async throws(ProblemDetails) -> EditResult
}
