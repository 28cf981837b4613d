/// The lines that differ between two texts.
package struct LineDiff: Sendable {
  /// Lines, counted from 0, of the old text and what stands for them in the new one.
  package struct Change: Hashable, Sendable {
    package let old: Range<Int>
    package let new: Range<Int>
  }

  /// Each with its line end, where it has one.
  package let oldLines: [ArraySlice<UInt8>]
  package let newLines: [ArraySlice<UInt8>]
  package let changes: [Change]

  /// Beyond this many differing lines the whole middle counts as changed.
  private static let cap = 1000

  package init(from old: [UInt8], to new: [UInt8]) {
    oldLines = Self.lines(old)
    newLines = Self.lines(new)
    let common = min(oldLines.count, newLines.count)
    var head = 0
    while head < common, oldLines[head] == newLines[head] { head += 1 }
    var tail = 0
    while tail < common - head,
      oldLines[oldLines.count - 1 - tail] == newLines[newLines.count - 1 - tail]
    { tail += 1 }
    let left = head..<(oldLines.count - tail)
    let right = head..<(newLines.count - tail)
    if left.isEmpty, right.isEmpty {
      changes = []
    } else if left.isEmpty || right.isEmpty || left.count * right.count == 1 {
      changes = [Change(old: left, new: right)]
    } else {
      changes = Self.middle(oldLines, left, newLines, right)
    }
  }

  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for (offset, byte) in bytes.enumerated() where byte == 0x0A {
      lines.append(bytes[start...offset])
      start = offset + 1
    }
    if start < bytes.count { lines.append(bytes[start...]) }
    return lines
  }

  /// Myers' greedy search over numbers that stand for lines.
  private static func middle(
    _ old: [ArraySlice<UInt8>],
    _ left: Range<Int>,
    _ new: [ArraySlice<UInt8>],
    _ right: Range<Int>
  ) -> [Change] {
    var numbers: [ArraySlice<UInt8>: Int] = [:]
    func number(_ line: ArraySlice<UInt8>) -> Int {
      let next = numbers.count
      if let known = numbers[line] { return known }
      numbers[line] = next
      return next
    }
    let one = left.map { number(old[$0]) }
    let two = right.map { number(new[$0]) }
    guard let pairs = matches(one, two) else { return [Change(old: left, new: right)] }
    var changes: [Change] = []
    var at = (0, 0)
    for (x, y) in pairs + [(one.count, two.count)] {
      if x > at.0 || y > at.1 {
        let lines = (left.lowerBound + at.0)..<(left.lowerBound + x)
        changes.append(
          Change(old: lines, new: (right.lowerBound + at.1)..<(right.lowerBound + y))
        )
      }
      at = (x + 1, y + 1)
    }
    return changes
  }

  /// The pairs of equal lines on a shortest way; `nil` when it is longer than the cap.
  private static func matches(_ one: [Int], _ two: [Int]) -> [(Int, Int)]? {
    let limit = min(one.count + two.count, cap)
    var reach = [Int](repeating: 0, count: 2 * limit + 3)
    let zero = limit + 1
    var history: [[Int]] = []
    for distance in 0...limit {
      history.append(Array(reach[(zero - distance - 1)...(zero + distance + 1)]))
      for diagonal in stride(from: -distance, through: distance, by: 2) {
        let down =
          diagonal == -distance
          || (diagonal != distance && reach[zero + diagonal - 1] < reach[zero + diagonal + 1])
        var x = down ? reach[zero + diagonal + 1] : reach[zero + diagonal - 1] + 1
        while x < one.count, x - diagonal < two.count, one[x] == two[x - diagonal] { x += 1 }
        reach[zero + diagonal] = x
        if x >= one.count, x - diagonal >= two.count {
          return walkBack(one.count, two.count, history)
        }
      }
    }
    return nil
  }

  private static func walkBack(_ width: Int, _ height: Int, _ history: [[Int]]) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    var (x, y) = (width, height)
    for distance in history.indices.reversed() {
      let reach = history[distance]
      let zero = distance + 1
      let diagonal = x - y
      let down =
        diagonal == -distance
        || (diagonal != distance && reach[zero + diagonal - 1] < reach[zero + diagonal + 1])
      let previous = down ? diagonal + 1 : diagonal - 1
      let startX = distance == 0 ? 0 : reach[zero + previous]
      let startY = distance == 0 ? 0 : startX - previous
      while x > startX, y > startY, x > 0, y > 0 {
        x -= 1
        y -= 1
        pairs.append((x, y))
      }
      (x, y) = (startX, startY)
    }
    return pairs.reversed()
  }
}
