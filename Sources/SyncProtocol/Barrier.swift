package import ProjectModel

/// The body of `POST /v1/barriers`, the save-all; every field may be left out.
package struct BarrierRequest: Hashable, Sendable, Codable {
  /// What has to hold for an answer.
  package enum Durability: String, Hashable, Sendable, Codable {
    /// The generation is servable and its number is on the disk.
    case generation
    /// The `.4dz` is on the disk too.
    case file
  }

  /// A file that the caller has written, and how it wrote it.
  package struct File: Hashable, Sendable, Codable {
    /// Relative to the package root, with `/` between the names.
    package let path: String
    /// In bytes.
    package let size: UInt64?
    /// SHA-256 of the content, 64 lower-case hexadecimal digits.
    package let sha256: Digest?

    package init(path: String, size: UInt64? = nil, sha256: Digest? = nil) {
      self.path = path
      self.size = size
      self.sha256 = sha256
    }
  }

  package static let defaultDeadlineMs = 60_000
  /// Files that one request may name.
  package static let mostFiles = 1_000

  package let files: [File]?
  /// Milliseconds to wait for the answer; 60,000 when left out.
  package let deadlineMs: Int?
  /// `generation` when left out.
  package let durable: Durability?

  package init(files: [File]? = nil, deadlineMs: Int? = nil, durable: Durability? = nil) {
    self.files = files
    self.deadlineMs = deadlineMs
    self.durable = durable
  }
}

/// How a save-all ended.
///
/// The status is 202 for `pending` and 200 otherwise.
package struct BarrierResult: Hashable, Sendable, Codable {
  /// What the generation holds of a file that the request named.
  package struct FileCheck: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
      /// The generation holds it with the named size and content.
      case held
      /// The generation holds another content: somebody wrote it since, or it has not arrived yet.
      case differs
      /// The generation has no such member.
      case missing
    }

    package let path: String
    package let state: State

    package init(path: String, state: State) {
      self.path = path
      self.state = state
    }
  }

  /// Names of changed members that an answer lists.
  package static let mostNames = 100

  package let outcome: ReloadResult.Outcome
  /// The generation that holds everything written before; after a failure the last good one.
  package let generation: GenerationRecord?
  /// Number of members that this generation added, replaced or removed, whoever caused it: the
  /// watcher may have been quicker than the request.
  package let changed: Int
  /// The first 100 of them; none for a generation that an earlier run of the server published.
  package let changedMembers: [String]
  package let files: [FileCheck]
  package let problems: [Problem]
  /// Milliseconds from the request to the answer.
  package let tookMs: Double

  package init(
    outcome: ReloadResult.Outcome,
    generation: GenerationRecord?,
    changed: Int,
    changedMembers: [String],
    files: [FileCheck],
    problems: [Problem],
    tookMs: Double
  ) {
    self.outcome = outcome
    self.generation = generation
    self.changed = changed
    self.changedMembers = changedMembers
    self.files = files
    self.problems = problems
    self.tookMs = tookMs
  }
}
