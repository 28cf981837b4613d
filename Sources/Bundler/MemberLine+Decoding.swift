internal import ProjectModel

extension MemberLine {
  /// Reads one line, its LF included; `number` counts the manifest's lines from 1.
  static func member(_ line: ArraySlice<UInt8>, line number: Int) throws(BundleError) -> Member {
    let fields = line.dropLast().split(
      separator: UInt8(ascii: "\t"),
      maxSplits: 8,
      omittingEmptySubsequences: false
    )
    guard fields.count == 9, let kind = kind(fields[0]), let method = method(fields[1]),
      let time = hex32(fields[2]), let crc = hex32(fields[3]), let size = decimal(fields[4]),
      let packedSize = decimal(fields[5]), let content = digest(fields[6]),
      let packed = digest(fields[7]), let name = name(fields[8])
    else { throw malformed(number) }
    let path = ProjectPath(bytes: name)
    try ManifestRules.check(name: path)
    let member = Member(
      path: path,
      kind: kind,
      method: method,
      time: time,
      crc32: crc,
      size: size,
      packedSize: packedSize,
      content: content,
      packed: packed
    )
    // There is one way to write a member: leading zeros, upper case or needless escapes are not it.
    guard bytes(of: member).elementsEqual(line) else { throw malformed(number) }
    return member
  }

  private static func malformed(_ number: Int) -> BundleError {
    BundleError(.notCanonical, "line \(number) of the manifest is not in the one form it can have")
  }

  private static func kind(_ field: ArraySlice<UInt8>) -> Member.Kind? {
    field.elementsEqual("file".utf8) ? .file : field.elementsEqual("folder".utf8) ? .folder : nil
  }

  private static func method(_ field: ArraySlice<UInt8>) -> Member.Method? {
    field.elementsEqual("deflated".utf8)
      ? .deflated : field.elementsEqual("stored".utf8) ? .stored : nil
  }

  private static func hex32(_ field: ArraySlice<UInt8>) -> UInt32? {
    guard field.count == 8 else { return nil }
    var value: UInt32 = 0
    for byte in field {
      guard let digit = Hex.value(byte) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  static func decimal(_ field: ArraySlice<UInt8>) -> UInt64? {
    guard !field.isEmpty, field.count <= 20 else { return nil }
    var value: UInt64 = 0
    for byte in field {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (tens, isTooLong) = value.multipliedReportingOverflow(by: 10)
      let (sum, isTooLarge) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      guard !isTooLong, !isTooLarge else { return nil }
      value = sum
    }
    return value
  }

  static func digest(_ field: ArraySlice<UInt8>) -> Digest? {
    guard field.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    var high: UInt8?
    for byte in field {
      guard let digit = Hex.value(byte) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return RawDigest(bytes: bytes)?.digest
  }

  static func name(_ field: ArraySlice<UInt8>) -> [UInt8]? {
    guard field.contains(UInt8(ascii: "\\")) else { return Array(field) }
    var name: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        name.append(byte)
        continue
      }
      guard rest.popFirst() == UInt8(ascii: "x"), let high = rest.popFirst().flatMap(Hex.value),
        let low = rest.popFirst().flatMap(Hex.value)
      else { return nil }
      name.append(high << 4 | low)
    }
    return name
  }
}
