/// What a `Range` field asks of a resource of a known size.
enum ByteRange: Hashable, Sendable {
  /// No range that this server knows: the whole resource.
  case whole
  /// From a first to a last byte, both included, inside the resource.
  case part(ClosedRange<UInt64>)
  case unsatisfiable

  /// Reads a field; what cannot be read, or asks for several parts, counts as not sent.
  init(_ field: String?, size: UInt64) {
    self = .whole
    guard let field, let equals = field.firstIndex(of: "="),
      field[..<equals].lowercased() == "bytes"
    else { return }
    let range = field[field.index(after: equals)...].trimmed
    guard !range.contains(","), let dash = range.firstIndex(of: "-") else { return }
    let first = range[..<dash]
    let last = range[range.index(after: dash)...]
    guard first.utf8.allSatisfy(Self.isDigit), last.utf8.allSatisfy(Self.isDigit) else { return }
    switch (first.isEmpty, last.isEmpty) {
    case (true, true): return
    case (true, false): self = Self.suffix(Self.number(last), size: size)
    case (false, true): self = Self.from(Self.number(first), to: .max, size: size)
    case (false, false):
      let (low, high) = (Self.number(first), Self.number(last))
      if low <= high { self = Self.from(low, to: high, size: size) }
    }
  }

  private static func suffix(_ count: UInt64, size: UInt64) -> ByteRange {
    guard count > 0, size > 0 else { return .unsatisfiable }
    return .part((size - min(count, size))...(size - 1))
  }

  private static func from(_ first: UInt64, to last: UInt64, size: UInt64) -> ByteRange {
    first < size ? .part(first...min(last, size - 1)) : .unsatisfiable
  }

  /// A number too large to hold is beyond the end of everything.
  private static func number(_ digits: Substring) -> UInt64 { UInt64(digits) ?? .max }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = self.trimmingPrefix(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
