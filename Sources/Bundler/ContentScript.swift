/// How a new content is put together from an old one: copies of runs, and bytes that are new.
///
/// A script is a row of: count of new bytes, these bytes, length of a run, and where it begins in
/// the old content, counted from where the run before it ended. It ends when the content is whole,
/// which may be behind new bytes. Numbers have seven bits a byte, the lowest first; the start of a
/// run has its sign in the lowest bit.
enum ContentScript {
  /// Both contents are in memory while they are compared, so there is a limit.
  static let largest = 8 << 20
  private static let block = 16

  /// The script that makes `new` of `old`; a pure function of both.
  static func script(from old: [UInt8], to new: [UInt8]) -> [UInt8] {
    var writer = Writer(new: new)
    unsafe old.withUnsafeBytes { old in
      unsafe new.withUnsafeBytes { new in
        unsafe match(old, new, &writer)
      }
    }
    return writer.finished()
  }

  private static func match(
    _ old: UnsafeRawBufferPointer,
    _ new: UnsafeRawBufferPointer,
    _ writer: inout Writer
  ) {
    let blocks = unsafe BlockTable(old)
    var place = 0
    while place + block <= new.count {
      // First where the text would go on if bytes were only overwritten, then anywhere.
      let aligned = writer.expected + place - writer.done
      var found = -1
      if unsafe isEqual(old, aligned, new, place) {
        found = aligned
      } else {
        let known = unsafe blocks.position(of: new, at: place)
        if unsafe known >= 0 && isEqual(old, known, new, place) { found = known }
      }
      guard found >= 0 else {
        place += 1
        continue
      }
      var (start, from) = (place, found)
      while start > writer.done, from > 0, unsafe old[from - 1] == new[start - 1] {
        start -= 1
        from -= 1
      }
      var end = place + block
      var oldEnd = found + block
      while end < new.count, oldEnd < old.count, unsafe old[oldEnd] == new[end] {
        end += 1
        oldEnd += 1
      }
      writer.copy(start..<end, from: from)
      place = end
    }
  }

  private static func isEqual(
    _ old: UnsafeRawBufferPointer,
    _ from: Int,
    _ new: UnsafeRawBufferPointer,
    _ place: Int
  ) -> Bool {
    guard from >= 0, from + block <= old.count else { return false }
    return unsafe old.loadUnaligned(fromByteOffset: from, as: UInt64.self)
      == new.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      && old.loadUnaligned(fromByteOffset: from + 8, as: UInt64.self)
        == new.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
  }

  /// The content that a script makes of `old`; `nil` unless it comes out at exactly `size` bytes.
  static func applied(_ script: [UInt8], to old: [UInt8], size: Int) -> [UInt8]? {
    var reader = Reader(script)
    var content: [UInt8] = []
    content.reserveCapacity(size)
    var expected = 0
    while true {
      guard let count = reader.number(upTo: size - content.count), let bytes = reader.take(count)
      else { return nil }
      content += bytes
      if content.count == size { return reader.isAtEnd ? content : nil }
      guard let length = reader.number(upTo: size - content.count), length > 0,
        let from = reader.position(after: expected, within: old.count), length <= old.count - from
      else { return nil }
      content += old[from..<(from + length)]
      expected = from + length
      if content.count == size { return reader.isAtEnd ? content : nil }
    }
  }

  /// Where blocks of the old content are: of equal ones the first.
  private struct BlockTable {
    private var places: [UInt32]
    private let shift: UInt64

    init(_ old: UnsafeRawBufferPointer) {
      let count = old.count / block
      var bits: UInt64 = 4
      while 1 << bits < count * 2 { bits += 1 }
      shift = 64 - bits
      places = [UInt32](repeating: 0, count: 1 << Int(bits))
      for index in stride(from: count - 1, through: 0, by: -1) {
        let slot = unsafe Self.slot(old, index * block, shift)
        places[slot] = UInt32(index + 1)
      }
    }

    func position(of new: UnsafeRawBufferPointer, at place: Int) -> Int {
      let slot = unsafe Self.slot(new, place, shift)
      return (Int(places[slot]) - 1) * block
    }

    private static func slot(_ bytes: UnsafeRawBufferPointer, _ place: Int, _ shift: UInt64) -> Int
    {
      let low = unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      let high = unsafe bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
      let mixed =
        UInt64(littleEndian: low) &* 0x9e37_79b9_7f4a_7c15
        ^ UInt64(littleEndian: high) &* 0xbf58_476d_1ce4_e5b9
      return Int((mixed &* 0x94d0_49bb_1331_11eb) >> shift)
    }
  }

  private struct Writer {
    let new: [UInt8]
    private var script: [UInt8] = []
    /// How much of the new content the script makes so far.
    private(set) var done = 0
    /// Where the last run ended in the old content.
    private(set) var expected = 0

    init(new: [UInt8]) { self.new = new }

    mutating func copy(_ range: Range<Int>, from: Int) {
      put(range.lowerBound - done)
      script += new[done..<range.lowerBound]
      put(range.count)
      let step = from - expected
      put(step < 0 ? -step << 1 | 1 : step << 1)
      expected = from + range.count
      done = range.upperBound
    }

    mutating func finished() -> [UInt8] {
      if done < new.count || new.isEmpty {
        put(new.count - done)
        script += new[done...]
      }
      return script
    }

    private mutating func put(_ number: Int) {
      var rest = number
      while rest > 127 {
        script.append(UInt8(truncatingIfNeeded: rest | 128))
        rest >>= 7
      }
      script.append(UInt8(rest))
    }
  }

  private struct Reader {
    private let script: [UInt8]
    private var place = 0

    init(_ script: [UInt8]) { self.script = script }

    var isAtEnd: Bool { place == script.count }

    mutating func number(upTo limit: Int) -> Int? {
      var number = 0
      var shift = 0
      while place < script.count, shift < 35 {
        let byte = Int(script[place])
        place += 1
        number |= (byte & 127) << shift
        if byte < 128 { return number <= limit ? number : nil }
        shift += 7
      }
      return nil
    }

    mutating func position(after expected: Int, within limit: Int) -> Int? {
      guard let number = number(upTo: .max) else { return nil }
      let position = expected + (number & 1 == 1 ? -(number >> 1) : number >> 1)
      return position >= 0 && position <= limit ? position : nil
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count <= script.count - place else { return nil }
      place += count
      return script[(place - count)..<place]
    }
  }
}
