/// The content of a file that the server alone writes: read strictly, edited by typed operations,
/// and given back with no more lines changed than an operation needs.
package protocol OwnedDocument: Sendable {
  /// One intent of a client.
  associatedtype Operation: Codable & Hashable & Sendable
  /// What operations need and the bytes do not hold.
  associatedtype Context: Sendable
  /// The content as clients see it; it holds no secret.
  associatedtype View: Codable & Sendable

  /// Reads a file.
  ///
  /// - Throws: `UnreadableDocument` when the bytes cannot be edited: not well-formed, merge markers.
  init(parsing bytes: [UInt8], at path: ProjectPath) throws(UnreadableDocument)

  var bytes: [UInt8] { get }
  var view: View { get }
  /// The rules that the content breaks; they are reported and do not hinder edits elsewhere.
  var problems: [Problem] { get }

  /// The document after all operations, in order; the receiver where there is none.
  ///
  /// - Throws: `RefusedEdit` when an operation cannot be carried out or would newly break a rule.
  ///   Then nothing of it is done.
  func applying(_ operations: [Operation], in context: Context) throws(RefusedEdit) -> Self

  /// The names of the elements that operations read or write, their containers included.
  ///
  /// An edit against an older revision may still be done when none of these has changed since.
  func touched(by operations: [Operation]) -> Set<String>

  /// The names of the elements that differ from an older state: uuids in the catalog.
  func elementsChanged(since old: Self) -> Set<String>
}

/// The bytes of an owned file cannot be edited; `problem` says where and why.
package struct UnreadableDocument: Error, Hashable, Sendable {
  package let problem: Problem

  package init(_ problem: Problem) { self.problem = problem }
}

/// Operations were refused; nothing was changed.
package struct RefusedEdit: Error, Hashable, Sendable {
  /// Each with the rule's stable id, the element and a sentence.
  package let problems: [Problem]

  package init(_ problems: [Problem]) { self.problems = problems }
}
