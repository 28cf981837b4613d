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
    /// The folder with the hooks, or a hook in it, must not or cannot be run.
    case hooksUnusable
    case socketInUse
    /// Something that is not ours has the socket's name.
    case socketNameTaken
    /// The operator's own hook has ended the start.
    case startupRefused
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
