import Foundation

/// What a program for Linux says of itself: its processor, and the libraries that it needs.
///
/// 64 bits, little-endian. Whatever the bytes are, reading them ends in a value or in `nil`.
struct ELFFile: Hashable, Sendable {
  /// As `UpdateOffer.platform` has it: `linux-x86_64`.
  let platform: String
  /// The names of the shared libraries that are loaded with it.
  let neededLibraries: [String]

  private static let machines: [UInt16: String] = [62: "x86_64", 183: "aarch64", 243: "riscv64"]
  private static let mostHeaders = 1_000
  private static let mostEntries = 10_000

  // elf(5)
  private enum Segment {
    static let load: UInt32 = 1
    static let dynamic: UInt32 = 2
  }

  private enum Tag {
    static let end: UInt64 = 0
    static let needed: UInt64 = 1
    static let strings: UInt64 = 5
  }

  private struct Range {
    let type: UInt32
    let offset: UInt64
    let address: UInt64
    let size: UInt64
  }

  init?(at path: String) {
    guard let data = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else {
      return nil
    }
    self.init(data)
  }

  init?(_ data: Data) {
    guard data.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
      let machine = Self.number(data, 18, UInt16.self), let name = Self.machines[machine],
      let table = Self.number(data, 32, UInt64.self),
      let entrySize = Self.number(data, 54, UInt16.self), entrySize >= 56,
      let count = Self.number(data, 56, UInt16.self), count <= Self.mostHeaders
    else { return nil }
    platform = "linux-\(name)"
    var ranges: [Range] = []
    for index in 0..<UInt64(count) {
      let start = table &+ index * UInt64(entrySize)
      guard let type = Self.number(data, start, UInt32.self),
        let offset = Self.number(data, start &+ 8, UInt64.self),
        let address = Self.number(data, start &+ 16, UInt64.self),
        let size = Self.number(data, start &+ 32, UInt64.self)
      else { return nil }
      ranges.append(Range(type: type, offset: offset, address: address, size: size))
    }
    guard let dynamic = ranges.first(where: { $0.type == Segment.dynamic }) else {
      neededLibraries = []
      return
    }
    guard let names = Self.names(data, dynamic, ranges.filter { $0.type == Segment.load }) else {
      return nil
    }
    neededLibraries = names
  }

  private static func names(_ data: Data, _ dynamic: Range, _ loaded: [Range]) -> [String]? {
    var offsets: [UInt64] = []
    var strings: UInt64?
    var position = dynamic.offset
    for _ in 0..<mostEntries {
      guard let tag = number(data, position, UInt64.self),
        let value = number(data, position &+ 8, UInt64.self)
      else { return nil }
      if tag == Tag.end { break }
      if tag == Tag.needed { offsets.append(value) }
      if tag == Tag.strings { strings = value }
      position &+= 16
    }
    guard !offsets.isEmpty else { return [] }
    // The table is named by its place in memory.
    guard let strings,
      let home = loaded.first(where: { strings >= $0.address && strings - $0.address < $0.size })
    else { return nil }
    let table = strings - home.address &+ home.offset
    return offsets.map { text(data, table &+ $0) }
  }

  private static func text(_ data: Data, _ offset: UInt64) -> String {
    guard offset < UInt64(data.count) else { return "" }
    let start = data.startIndex + Int(offset)
    return String(decoding: data[start...].prefix(256).prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func number<Number: FixedWidthInteger>(
    _ data: Data,
    _ offset: UInt64,
    _ type: Number.Type
  ) -> Number? {
    let size = UInt64(Number.bitWidth / 8)
    guard offset <= UInt64(data.count), UInt64(data.count) - offset >= size else { return nil }
    let start = data.startIndex + Int(offset)
    return data[start..<(start + Int(size))].reversed().reduce(0) { $0 << 8 | Number($1) }
  }
}
