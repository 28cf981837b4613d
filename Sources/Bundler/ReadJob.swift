internal import ProjectModel

/// A file to read.
struct ReadJob: Sendable {
  let path: ProjectPath
  /// Its size when it was listed.
  let size: UInt64
  /// What is known under its name: when the content is still the same, nothing is packed.
  let known: Member?
  /// Whether the inspector's results for what is known are held.
  let isInspected: Bool
}

/// What came of it.
enum ReadOutcome: Sendable {
  case read(ReadResult)
  /// There is no longer a regular file under the name.
  case gone
  /// The file changed while it was read.
  case unstable
  case failed(BundleError)
}

/// A file read consistently.
struct ReadResult: Sendable {
  let member: Member
  let signature: FileSignature
  /// Whether an equal signature proves later that nothing changed.
  let isSettled: Bool
  /// The packed bytes; `nil` when the content is the known one.
  let piece: PackedPiece?
  /// What the inspector found; `nil` when what is held of the known content still holds.
  let problems: [Problem]?
}
