/// The payload of a content frame: the index of the old member, the script's size, and the script,
/// deflated with the end of the old content as dictionary.
enum ContentFrame {
  static func payload(base: Int, old: [UInt8], new: [UInt8]) -> [UInt8] {
    let script = ContentScript.script(from: old, to: new)
    var payload: [UInt8] = []
    payload.append(little: UInt32(base))
    payload.append(little: UInt32(script.count))
    return payload + PresetDeflate.packed(script, dictionary: old[...])
  }

  /// A payload that was taken apart, but not judged.
  struct Parts {
    let base: Int
    private let size: Int
    private let packed: ArraySlice<UInt8>

    init?(_ payload: ArraySlice<UInt8>) {
      var cursor = ByteCursor(payload)
      guard let base = cursor.take(UInt32.self), let size = cursor.take(UInt32.self),
        size <= ContentScript.largest + ContentScript.largest / 8
      else { return nil }
      self.base = Int(base)
      self.size = Int(size)
      packed = payload[cursor.position...]
    }

    /// The new content, of exactly `size` bytes; `nil` when it does not come out so.
    func content(from old: [UInt8], size: Int) -> [UInt8]? {
      PresetDeflate.unpacked(packed, size: self.size, dictionary: old[...])
        .flatMap { ContentScript.applied($0, to: old, size: size) }
    }
  }
}
