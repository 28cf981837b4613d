package import ProjectModel

/// The body of `POST /v1/catalog/ops` and `POST /v1/directory/ops`; the header `If-Match` names the
/// revision that the operations are meant for.
package struct EditRequest<Operation: Codable & Hashable & Sendable>: Hashable, Sendable, Codable {
  package static var mostOperations: Int { 10_000 }

  /// Chosen by the client, 1 to 64 letters, digits, `-` and `_`; a repetition with the same id and
  /// the same operations within 24 hours gets the first answer and changes nothing.
  package let opID: String
  package let operations: [Operation]
  /// Says what would change and changes nothing.
  package let dryRun: Bool?

  package init(opID: String, operations: [Operation], dryRun: Bool? = nil) {
    self.opID = opID
    self.operations = operations
    self.dryRun = dryRun
  }

  private enum CodingKeys: String, CodingKey {
    case opID = "op_id"
    case operations
    case dryRun
  }
}

/// The answer to an edit that is done and on the disk, or would be.
package struct EditResult: Hashable, Sendable, Codable {
  package let opID: String
  /// The revision after the edit; the one before where nothing changed.
  package let revision: String
  /// The elements that the edit changed, sorted: uuids in the catalog, names in the directory.
  package let changed: [String]
  /// The rules that the file breaks elsewhere.
  package let problems: [Problem]
  /// With `dryRun`: what would change, as a unified diff without any secret.
  package let diff: String?

  package init(
    opID: String,
    revision: String,
    changed: [String],
    problems: [Problem],
    diff: String? = nil
  ) {
    self.opID = opID
    self.revision = revision
    self.changed = changed
    self.problems = problems
    self.diff = diff
  }

  private enum CodingKeys: String, CodingKey {
    case opID = "op_id"
    case revision
    case changed
    case problems
    case diff
  }
}

/// What `GET /v1/catalog` and `GET /v1/directory` answer; `ETag` carries the revision too.
package struct OwnedFileState<View: Codable & Sendable>: Sendable, Codable {
  /// The file in use, relative to the package root.
  package let path: String
  package let revision: String
  package let content: View
  package let problems: [Problem]

  package init(path: String, revision: String, content: View, problems: [Problem]) {
    self.path = path
    self.revision = revision
    self.content = content
    self.problems = problems
  }
}

/// The revisions of the owned files, `nil` while a file is missing or cannot be read.
///
/// A revision is opaque: it changes with the content and lets nobody guess at it.
package struct Revisions: Hashable, Sendable, Codable {
  package var catalog: String?
  package var directory: String?

  package init(catalog: String? = nil, directory: String? = nil) {
    self.catalog = catalog
    self.directory = directory
  }
}

/// An owned file has a new revision: the events `catalog` and `directory`.
package struct RevisionChange: Hashable, Sendable, Codable {
  /// `nil` when the file went away or cannot be read any more.
  package let revision: String?
  /// The revision before; who knows another one has missed something and reads the whole file.
  package let since: String?
  /// The uuids of the catalog's changed elements, at most 50; `nil` for more, and for the directory,
  /// whose names are not for everybody.
  package let changed: [String]?
  /// Why the file cannot be read, where that is so.
  package let problem: Problem?

  package static let mostNames = 50

  package init(revision: String?, since: String?, changed: [String]?, problem: Problem? = nil) {
    self.revision = revision
    self.since = since
    self.changed = changed
    self.problem = problem
  }
}
