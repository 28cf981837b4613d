/// Why a server cannot listen: one sentence with what, where and remedy.
package struct ServerError: Error, Hashable, Sendable {
  package enum Code: Hashable, Sendable {
    case addressInUse
    case addressInvalid
    /// Anything but loopback needs TLS and passwords.
    case addressNotLoopback
    case bindFailed
    case socketInUse
    /// Something that is not ours has the socket's name.
    case socketNameTaken
  }

  package let code: Code
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension ServerError: CustomStringConvertible {
  package var description: String { message }
}
