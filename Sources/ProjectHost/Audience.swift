import Synchronization

/// How many clients are told of events, whatever thread it is that one comes or goes on.
package final class Audience: Sendable {
  private let number = Atomic<Int>(0)

  package var count: Int { number.load(ordering: .relaxed) }

  package func enter() { number.add(1, ordering: .relaxed) }

  package func leave() { number.subtract(1, ordering: .relaxed) }
}
