/// One event of the kernel, copied out of the library's buffer.
struct WatchEvent {
  /// The bits of an event, and those that are given when a watch is made.
  struct Mask: OptionSet {
    let rawValue: UInt32

    static let modify = Mask(rawValue: 0x2)
    static let attributes = Mask(rawValue: 0x4)
    static let closeWrite = Mask(rawValue: 0x8)
    static let movedFrom = Mask(rawValue: 0x40)
    static let movedTo = Mask(rawValue: 0x80)
    static let create = Mask(rawValue: 0x100)
    static let delete = Mask(rawValue: 0x200)
    static let deleteSelf = Mask(rawValue: 0x400)
    static let moveSelf = Mask(rawValue: 0x800)
    static let unmount = Mask(rawValue: 0x2000)
    static let overflow = Mask(rawValue: 0x4000)
    static let ignored = Mask(rawValue: 0x8000)
    static let onlyDirectory = Mask(rawValue: 0x0100_0000)
    static let excludeUnlinked = Mask(rawValue: 0x0400_0000)
    static let isDirectory = Mask(rawValue: 0x4000_0000)

    /// Every watch has the same: a second watch on the same folder replaces the first one's.
    ///
    /// MODIFY because truncating closes nothing, CREATE because linking writes nothing.
    static let all: Mask = [
      .create, .delete, .modify, .closeWrite, .movedFrom, .movedTo, .attributes, .deleteSelf,
      .moveSelf, .onlyDirectory, .excludeUnlinked,
    ]
  }

  let watch: CInt
  let mask: Mask
  /// Joins the two halves of a rename.
  let cookie: UInt32
  /// Empty when the watched folder itself is meant.
  let name: RawPath
}
