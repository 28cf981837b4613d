/// Lets one caller of an actor at a time through, in the order of their coming.
///
/// An actor alone does not: another call may begin while one waits. Used from one actor only.
package final class Turn {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  package init() {}

  /// Returns when all who came before have given the turn back.
  package nonisolated(nonsending) func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Whether somebody waits for the turn.
  var isWanted: Bool { !waiting.isEmpty }

  package func give() {
    guard !waiting.isEmpty else {
      isTaken = false
      return
    }
    waiting.removeFirst().resume()
  }
}
