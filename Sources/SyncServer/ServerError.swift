/// Why a server cannot listen: one sentence with what, where and remedy.
package struct ServerError: Error, Hashable, Sendable {
  package enum Code: Hashable, Sendable {
    case addressInUse
    case addressInvalid
    case bindFailed
    /// No certificate and key that TLS could use.
    case certificateUnusable
    /// Off loopback the Designer needs a password, or the operator says that everybody may come.
    case passwordMissing
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
