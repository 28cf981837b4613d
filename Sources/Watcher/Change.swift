/// One path of the watched tree whose state on disk may differ from what was known of it.
package struct Change: Hashable, Sendable {
  /// What is known of the path.
  package enum Kind: Hashable, Sendable {
    /// A file (or symbolic link, or special file) that is new or may have new content.
    case changed
    /// Nothing is there any more: neither the file nor, where it was a folder, anything below it.
    case gone
    /// A folder is there. What is in it is named by changes of its own.
    case directory
    /// Too much changed here to be named: everything at and below the path has to be looked at.
    case subtreeInDoubt
  }

  /// Raw bytes relative to the root; empty for the root itself.
  package let path: [UInt8]
  package let kind: Kind

  package init(path: [UInt8], kind: Kind) {
    self.path = path
    self.kind = kind
  }
}
