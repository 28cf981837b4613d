/// What an edit does to the disk, in this order.
package enum EditStep: String, Sendable, CaseIterable {
  /// A file beside the target, with its owner, rights and extended attributes.
  case makeTemporary
  case syncTemporary
  /// From here on the edit can be found again after a crash.
  case writeJournal
  case lookForGit
  /// The new bytes get the name; the old ones stay beside them.
  case exchange
  /// Whether the old bytes are those that the edit was made from.
  case inspect
  case lookForGitAgain
  /// From here on the edit is in the file, whatever happens.
  case syncFolder
  case removeDisplaced
  case closeJournal
  /// Only when an edit is given up: what was displaced gets its name back.
  case giveBack
  case journalGivenUp
  case removeTemporary
  /// Only when the service starts.
  case recover
  case compactJournal
}

/// Is asked before each step; a test watches, changes the disk, or answers an `errno` to fail with.
package typealias EditStepHook = @Sendable (EditStep) -> Int32
