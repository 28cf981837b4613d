/// What kind of source a path is, by where it lies (4d-domain §1.3).
package enum SourceKind: Hashable, Sendable, CaseIterable {
  case method
  case `class`
  case form
  case catalog
  case settings
  case other

  package init(_ path: ProjectPath) {
    let parts = path.components.map { String(decoding: $0, as: UTF8.self) }
    guard parts.count > 2, parts[0] == "Project", parts[1] == "Sources" else {
      self = .other
      return
    }
    switch parts[2] {
    case "Methods", "DatabaseMethods", "Triggers": self = .method
    case "Classes": self = .class
    case "Forms", "TableForms": self = .form
    case "catalog.4DCatalog": self = .catalog
    case "settings.4DSettings": self = .settings
    default: self = .other
    }
  }
}
