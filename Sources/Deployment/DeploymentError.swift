/// Why an application could not be packaged, or an update not installed: one sentence with what,
/// where and the remedy.
package struct DeploymentError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: Hashable, Sendable {
    /// The folder to package into is no place for the application.
    case target
    /// The programs to package are missing or not for other machines.
    case programs
    /// Something of the project cannot be packaged.
    case source
    /// The signing key cannot be read or made.
    case key
    /// An update's archive cannot be made, read or unpacked.
    case archive
    /// An update is not what its maker has signed, or for another client.
    case untrusted
    /// Another start of the client installs just now, or another packaging makes the same folder.
    case busy
    /// The installed client is damaged, or this account may not change it.
    case installation
  }

  package let code: Code
  package let description: String

  package init(_ code: Code, _ sentence: String) {
    self.code = code
    description = sentence
  }
}

extension String {
  /// What another part says, to be gone on with in a sentence.
  var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
