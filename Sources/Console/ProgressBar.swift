import Foundation
import Synchronization

/// A bar on standard error while a person watches; nothing otherwise.
package final class ProgressBar: Sendable {
  private static let width = 30

  private let label: String
  private let isShown: Bool
  private let lastPercent = Mutex(-1)

  package init(_ label: String, shown: Bool = Terminal.isInteractive) {
    self.label = label
    isShown = shown
  }

  package func update(_ done: UInt64, of total: UInt64) {
    guard isShown, total > 0 else { return }
    let percent = Int(min(100, done * 100 / total))
    let isNew = lastPercent.withLock { last in
      defer { last = percent }
      return last != percent
    }
    guard isNew else { return }
    let filled = percent * Self.width / 100
    let bar =
      String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
    Terminal.writeError("\r\(label) [\(bar)] \(percent) %")
  }

  /// Takes the bar away.
  package func finish() {
    guard isShown, lastPercent.withLock({ $0 >= 0 }) else { return }
    Terminal.writeError("\r\u{1B}[K")
    lastPercent.withLock { $0 = -1 }
  }
}
