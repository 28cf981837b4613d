/// What became of passcodes.
package struct PasscodeFigures: Hashable, Sendable {
  package internal(set) var created = 0
  package internal(set) var redeemed = 0
  /// Attempts with one that was not good, or from an address that had to wait.
  package internal(set) var refused = 0
}
