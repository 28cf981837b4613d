/// What becomes of an edit whose end the journal does not tell, by what lies on the disk.
struct InterruptedEdit {
  /// What is under a name.
  enum Found: Hashable, CaseIterable {
    case nothing
    case base
    case new
    case foreign
  }

  enum Verdict: Hashable {
    /// The edit was in the file, and its answer holds.
    case done
    /// It was not, and nobody was told that it was.
    case dropped
    /// It was not; what it displaced is somebody else's and gets its name back.
    case giveBack
    /// It was not; what lies beside the file must not be lost.
    case park
  }

  /// - Parameters:
  ///   - target: what has the file's name now.
  ///   - temporary: what lies beside it, under the name that the journal tells.
  ///   - makesFile: whether there was no file before the edit.
  static func verdict(target: Found, temporary: Found, makesFile: Bool) -> Verdict {
    switch (target, temporary) {
    case (.new, .foreign): makesFile ? .park : .giveBack
    case (.new, _): .done
    case (_, .foreign): .park
    case (.base, _): .dropped
    // Without a file before, nothing can have been displaced.
    case (.nothing, _) where makesFile: .dropped
    // What it displaced lies there or is removed already: it was in the file, and somebody wrote
    // the file since.
    case (_, .base), (_, .nothing): .done
    // Somebody wrote the file, and our bytes never got there.
    case (_, .new): .park
    }
  }
}
