/// A broken rule of the directory, with what it takes to know it again after an edit.
struct DirectoryFinding: Sendable {
  /// What stays the same while the fault does: neither the line nor the text.
  struct Identity: Hashable {
    let rule: String
    let element: String
    let subject: String
  }

  let rule: String
  /// The element in which the fault lies, as `DirectoryElement` names it.
  let element: String
  /// The element that the fault is about.
  let subject: String
  let line: Int?
  let text: String

  init(_ rule: String, _ element: String, about subject: String = "", line: Int?, _ text: String) {
    self.rule = rule
    self.element = element
    self.subject = subject
    self.line = line
    self.text = text
  }

  /// The identity after elements have got other names.
  func identity(after renames: [DirectoryRename] = []) -> Identity {
    func renamed(_ name: String) -> String {
      renames.reduce(name) { $0 == $1.old ? $1.new : $0 }
    }
    return Identity(rule: rule, element: renamed(element), subject: renamed(subject))
  }

  func problem(in file: ProjectPath) -> Problem {
    Problem(
      rule: rule,
      severity: .warning,
      file: file.display,
      line: line,
      element: element.isEmpty ? nil : HiddenHashes.hide(in: element),
      text: HiddenHashes.hide(in: text)
    )
  }
}

/// An element that an edit gave another name.
struct DirectoryRename: Sendable {
  let old: String
  let new: String
}

/// The names of the directory's elements: in problems, in edits, in what an edit has changed.
package enum DirectoryElement {
  package static func user(_ name: String) -> String { "user:\(name)" }
  package static func group(_ name: String) -> String { "group:\(name)" }
  package static func setting(_ key: String) -> String { "setting:\(key)" }
  package static func remoteGranter(_ key: String) -> String { "remote-granter:\(key)" }
  package static func sqlGranter(_ schema: String, _ key: String) -> String {
    "sql-granter:\(schema)/\(key)"
  }
  /// A part of the file that 4D does not document, by its key.
  package static func other(_ key: String) -> String { "other:\(key)" }
  /// The order of the users or groups, which is where 4D's ids come from.
  package static func order(_ section: String) -> String { "order:\(section)" }
}
