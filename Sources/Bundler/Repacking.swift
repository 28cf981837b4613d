internal import ProjectModel

/// A member's packed bytes out of its content, and the way back, in memory.
enum Repacking {
  /// The packed bytes that every syncd makes of this content, cut as `FilePacker` cuts.
  static func packed(_ content: [UInt8], method: Member.Method) -> [UInt8] {
    guard method == .deflated else { return content }
    let deflater = Deflater()
    deflater.reset()
    var packed: [UInt8] = []
    var offset = 0
    unsafe content.withUnsafeBytes { content in
      repeat {
        let end = min(offset + FilePacker.chunkSize, content.count)
        let part = unsafe UnsafeRawBufferPointer(rebasing: content[offset..<end])
        offset = end
        // Appending to memory does not fail.
        try? unsafe deflater.deflate(part, last: end == content.count) { output in
          unsafe packed.append(contentsOf: output)
        }
      } while offset < content.count
    }
    return packed
  }

  /// The content of a member; `nil` when the packed bytes are not what the member says.
  static func content(of member: Member, packed: [UInt8]) -> [UInt8]? {
    guard UInt64(packed.count) == member.packedSize, let size = Int(exactly: member.size) else {
      return nil
    }
    return member.method == .stored
      ? packed : PresetDeflate.unpacked(packed[...], size: size)
  }
}
