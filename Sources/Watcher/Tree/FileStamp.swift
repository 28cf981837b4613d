/// What was last seen of a file; if it is the same again, so is the content.
struct FileStamp {
  /// Changes that come so soon after a look may bear the same time as what was looked at, where
  /// the clock of the file system is coarse.
  private static let coarseTick: Int64 = 20_000_000

  let status: FileStatus
  /// The file changed so shortly before the look that equality proves nothing.
  let isRacy: Bool

  init(_ status: FileStatus, lookedAt now: Int64?) {
    self.status = status
    isRacy = now.map { max(status.changed, status.modified) > $0 - Self.coarseTick } ?? false
  }

  /// Whether the content may be another than it was at the earlier look.
  func mayDiffer(from earlier: FileStamp) -> Bool {
    earlier.isRacy || status != earlier.status
  }
}
