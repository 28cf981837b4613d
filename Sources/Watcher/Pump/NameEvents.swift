/// What the events since the last look say of one name in a folder.
struct NameEvents: OptionSet {
  let rawValue: UInt8

  /// A folder appeared under the name: whatever is known below it counts for nothing.
  static let newFolder = NameEvents(rawValue: 1)
  /// The name leads to a file since then; which one is not known before a look.
  static let fresh = NameEvents(rawValue: 2)
  /// Content or attributes of the file changed.
  static let wrote = NameEvents(rawValue: 4)
  /// The last that happened to the content is that it was closed or moved into place.
  static let closed = NameEvents(rawValue: 8)
  /// The last that happened to the content is a write.
  static let open = NameEvents(rawValue: 16)
  /// Another name of the same file was written through.
  static let otherName = NameEvents(rawValue: 32)
  /// Something happened to the name: a consumer may have seen it in between.
  static let happened = NameEvents(rawValue: 64)

  var evidence: WriteEvidence {
    contains(.closed) ? .closed : contains(.open) ? .open : .none
  }

  /// Written through a name that nobody has looked at: if the name goes, nobody knows which file
  /// it was that was written to.
  var isUnseenWrite: Bool { isSuperset(of: [.fresh, .wrote]) }
}
