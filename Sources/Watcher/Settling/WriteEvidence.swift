/// What the events of a file say of its writer.
package enum WriteEvidence: Sendable {
  /// It was closed after writing, or moved into place.
  case closed
  /// It was written to, and not closed since.
  case open
  /// It stays open for so long that it is taken as it is.
  case overdue
  /// Nothing: it was found by looking.
  case none
}
