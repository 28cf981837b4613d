/// The hashes of the passwords that operations set, each under its operation's place in the edit.
///
/// Hashing takes long and random numbers, so it happens before the edit and outside of this room.
package struct PasswordHashes: Sendable {
  private let hashes: [Int: String]

  package static let none = PasswordHashes([:])

  package init(_ hashes: [Int: String]) { self.hashes = hashes }

  package subscript(operation: Int) -> String? { hashes[operation] }
}

extension PasswordHashes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "\(hashes.count) hashes" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
