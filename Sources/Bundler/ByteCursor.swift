/// Takes little-endian integers and runs of bytes off the front of an array; `nil` past its end.
struct ByteCursor {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func take<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type) -> Value? {
    let width = Value.bitWidth / 8
    guard bytes.endIndex - position >= width else { return nil }
    var value: Value = 0
    for index in (0..<width).reversed() { value = value << 8 | Value(bytes[position + index]) }
    position += width
    return value
  }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, bytes.endIndex - position >= count else { return nil }
    position += count
    return bytes[(position - count)..<position]
  }
}
