/// Why sessions cannot be kept in a file.
package struct KeptSessionsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence for the person who will read it.
  package let description: String

  init(_ description: String) { self.description = description }
}
