/// Two texts' difference as `diff -u` writes it.
package enum UnifiedDiff {
  /// The difference, with so many unchanged lines of context; empty when the texts are the same.
  package static func text(
    from old: [UInt8],
    to new: [UInt8],
    oldName: String,
    newName: String,
    context: Int = 3
  ) -> String {
    let diff = LineDiff(from: old, to: new)
    guard !diff.changes.isEmpty else { return "" }
    var out = Array("--- \(oldName)\n+++ \(newName)\n".utf8)
    var group: [LineDiff.Change] = []
    for change in diff.changes {
      if let last = group.last, change.old.lowerBound - last.old.upperBound > 2 * context {
        hunk(group, of: diff, context, into: &out)
        group = []
      }
      group.append(change)
    }
    hunk(group, of: diff, context, into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private static func hunk(
    _ changes: [LineDiff.Change],
    of diff: LineDiff,
    _ context: Int,
    into out: inout [UInt8]
  ) {
    guard let first = changes.first, let last = changes.last else { return }
    let before = min(context, first.old.lowerBound)
    let after = min(context, diff.oldLines.count - last.old.upperBound)
    let old = (first.old.lowerBound - before)..<(last.old.upperBound + after)
    let new = (first.new.lowerBound - before)..<(last.new.upperBound + after)
    out += Array("@@ -\(span(old)) +\(span(new)) @@\n".utf8)
    var at = old.lowerBound
    for change in changes {
      for line in at..<change.old.lowerBound { put(" ", diff.oldLines[line], into: &out) }
      for line in change.old { put("-", diff.oldLines[line], into: &out) }
      for line in change.new { put("+", diff.newLines[line], into: &out) }
      at = change.old.upperBound
    }
    for line in at..<old.upperBound { put(" ", diff.oldLines[line], into: &out) }
  }

  private static func span(_ lines: Range<Int>) -> String {
    let start = lines.isEmpty ? lines.lowerBound : lines.lowerBound + 1
    return lines.count == 1 ? "\(start)" : "\(start),\(lines.count)"
  }

  private static func put(_ sign: String, _ line: ArraySlice<UInt8>, into out: inout [UInt8]) {
    out += Array(sign.utf8)
    out += line
    if line.last != 0x0A { out += Array("\n\\ No newline at end of file\n".utf8) }
  }
}
