internal import ProjectModel

/// The content-defined tree whose root names a manifest.
///
/// A level's digests are cut into groups; a group ends at a digest whose last byte is a multiple of
/// 64, if it holds two at least, or at the end of the level. Each group becomes one digest of the
/// next level, SHA-256 of the level's number (one byte, from 1) and the group's digests, until one
/// is left. Where groups end depends on what is near alone, so one change costs a group a level.
struct DigestTree {
  /// One level: its digests, and the index of the first of each group.
  fileprivate struct Level {
    var digests: [Digest] = []
    var starts: [Int] = []
  }

  private var levels = [Level()]

  init() {}

  /// Puts `leaves` in the place of those in `range`.
  mutating func replace(_ range: Range<Int>, with leaves: [Digest]) {
    let hasher = SHA256Hasher()
    var range = range
    var digests = leaves
    var number = 0
    while true {
      if number == levels.count { levels.append(Level()) }
      levels[number].digests.replaceSubrange(range, with: digests)
      guard levels[number].digests.count > 1 else {
        levels.removeLast(levels.count - number - 1)
        levels[number].starts = []
        return
      }
      let shift = digests.count - range.count
      (range, digests) = levels[number].regroup(
        range,
        shift: shift,
        number: number + 1,
        hasher
      )
      number += 1
    }
  }

  /// SHA-256 of the header line and the tree's top.
  func root(header: [UInt8]) -> Digest {
    let hasher = SHA256Hasher()
    hasher.update(header)
    hasher.update(levels[levels.count - 1].digests.first ?? SHA256.empty)
    return hasher.finish()
  }
}

extension DigestTree.Level {
  /// Cuts the groups anew that a change touches.
  ///
  /// `range` are the digests that were replaced, by their old indices; there are `shift` more now.
  /// Returns which digests of the level above go, and what comes in their place.
  fileprivate mutating func regroup(
    _ range: Range<Int>,
    shift: Int,
    number: Int,
    _ hasher: borrowing SHA256Hasher
  ) -> (Range<Int>, [Digest]) {
    // The group that holds the first change; one that ended before it stays as it is.
    let first = max(0, (starts.firstIndex { $0 > range.lowerBound } ?? starts.count) - 1)
    var position = first < starts.count ? starts[first] : 0
    var next = first
    var newStarts: [Int] = []
    var parents: [Digest] = []
    while position < digests.count {
      while next < starts.count, starts[next] + shift < position { next += 1 }
      // From where an old group begins behind all changes, the old groups go on.
      if next < starts.count, starts[next] >= range.upperBound, starts[next] + shift == position {
        break
      }
      newStarts.append(position)
      let end = self.end(from: position)
      hasher.update([UInt8(truncatingIfNeeded: min(number, 255))])
      for digest in digests[position..<end] { hasher.update(digest) }
      parents.append(hasher.finish())
      position = end
    }
    if position == digests.count { next = starts.count }
    let replaced = first..<max(first, next)
    for index in replaced.upperBound..<starts.count { starts[index] += shift }
    starts.replaceSubrange(replaced, with: newStarts)
    return (replaced, parents)
  }

  private func end(from start: Int) -> Int {
    var index = start + 1
    // Two at least: every level is then shorter than the one below it.
    while index < digests.count {
      index += 1
      if digests[index - 1].lastByte & 63 == 0 { break }
    }
    return index
  }
}
