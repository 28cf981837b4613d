/// Why a project cannot be opened or served.
package struct HostError: Error, Hashable, Sendable {
  /// The kinds, closed; a command maps them to its exit status.
  package enum Code: Hashable, Sendable {
    case notAProject
    case alreadyServed
    case stateFolder
    case generationLog
  }

  package let code: Code
  /// One sentence: what, where, what to do.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension HostError: CustomStringConvertible {
  package var description: String { message }
}
