internal import ProjectModel

/// A member's canonical line in a manifest: kind, method, time, CRC-32, size, packed size, SHA-256
/// of the content, SHA-256 of the packed bytes and the name, with tabs between, LF at the end.
///
/// In names bytes below 0x20, 0x7f and `\` are written `\xHH` (upper case), all others as they are.
enum MemberLine {
  static func bytes(of member: Member) -> [UInt8] {
    bytes(
      path: member.path,
      kind: member.kind,
      method: member.method,
      time: member.time,
      crc32: member.crc32,
      size: member.size,
      packedSize: member.packedSize,
      content: member.content,
      packed: member.packed
    )
  }

  static func bytes(
    path: ProjectPath,
    kind: Member.Kind,
    method: Member.Method,
    time: UInt32,
    crc32: UInt32,
    size: UInt64,
    packedSize: UInt64,
    content: Digest,
    packed: Digest
  ) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(path.bytes.count + 208)
    line += kind == .folder ? folder : file
    line += method == .deflated ? deflated : stored
    Hex.append(time, to: &line)
    line.append(tab)
    Hex.append(crc32, to: &line)
    line.append(tab)
    append(decimal: size, to: &line)
    line.append(tab)
    append(decimal: packedSize, to: &line)
    line.append(tab)
    Hex.append(content, to: &line)
    line.append(tab)
    Hex.append(packed, to: &line)
    line.append(tab)
    append(name: path.bytes, to: &line)
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private static let tab = UInt8(ascii: "\t")
  private static let folder = Array("folder\t".utf8)
  private static let file = Array("file\t".utf8)
  private static let deflated = Array("deflated\t".utf8)
  private static let stored = Array("stored\t".utf8)

  static func append(decimal value: UInt64, to line: inout [UInt8]) {
    let start = line.count
    var rest = value
    repeat {
      line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    line[start...].reverse()
  }

  static func append(name: [UInt8], to line: inout [UInt8]) {
    guard name.contains(where: needsEscape) else {
      line += name
      return
    }
    for byte in name {
      if needsEscape(byte) {
        line += [UInt8(ascii: "\\"), UInt8(ascii: "x")]
        line += [Hex.upper[Int(byte >> 4)], Hex.upper[Int(byte & 15)]]
      } else {
        line.append(byte)
      }
    }
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\\")
  }
}
