/// Something wrong in a project, as it is told to a person.
package struct Problem: Hashable, Sendable, Codable {
  /// Whether a reload can go on.
  package enum Severity: String, Hashable, Sendable, Codable {
    /// The reload fails; the last good generation stays.
    case failure
    /// The reload goes on and the problem is reported.
    case warning
  }

  /// The stable id of the rule that is broken, for example `catalog-not-well-formed`.
  package let rule: String
  package let severity: Severity
  /// The path below the package root; empty when the whole project is meant.
  package let file: String
  /// The line, counted from 1, where one is known.
  package let line: Int?
  /// The element inside the file: a uuid of the catalog, a name of the directory.
  package let element: String?
  /// One sentence: what is wrong and, where it is not obvious, what to do.
  package let text: String

  package init(
    rule: String,
    severity: Severity,
    file: String,
    line: Int? = nil,
    element: String? = nil,
    text: String
  ) {
    self.rule = rule
    self.severity = severity
    self.file = file
    self.line = line
    self.element = element
    self.text = text
  }
}
