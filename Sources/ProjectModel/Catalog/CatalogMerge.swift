/// A three-way merge of catalogs, element by element.
package struct CatalogMerge: Sendable {
  /// Something that a person must look at.
  package struct Conflict: Hashable, Sendable, Codable {
    /// The uuid of the element, or of the one that contains it.
    package let element: String?
    /// One sentence.
    package let text: String
  }

  /// The merged file; where sides contradict each other, git's conflict markers stand in it.
  package let bytes: [UInt8]
  package let conflicts: [Conflict]
  /// What was settled without asking and is worth a line.
  package let notes: [String]

  package var isClean: Bool { conflicts.isEmpty }
}

/// Merges what `theirs` changed since `base` into `ours`, by uuid and attribute by attribute.
///
/// The result has the bytes of `ours` wherever `theirs` changed nothing. Elements that one side
/// added are kept. Where both added a table or field with the same id, ours keeps it and theirs
/// gets the next free one. For a table that is a conflict without markers: `TableForms/<id>` and
/// `Triggers/table_<id>.4dm` are found by the id, and only a person can move them. Attributes that
/// 4D changes by itself never conflict.
///
/// - Throws: `UnreadableDocument` when one of the three is no catalog.
package func mergeCatalogs(base: [UInt8], ours: [UInt8], theirs: [UInt8])
  throws(UnreadableDocument) -> CatalogMerge
{
  let path = ProjectLayout.catalog
  let ancestor = try CatalogDocument(parsing: base, at: path)
  let mine = try CatalogDocument(parsing: ours, at: path)
  let other = try CatalogDocument(parsing: theirs, at: path)
  if ours == theirs || base == theirs {
    return CatalogMerge(bytes: ours, conflicts: [], notes: [])
  }
  if base == ours { return CatalogMerge(bytes: theirs, conflicts: [], notes: []) }
  var merger = CatalogMerger(prefersOurs: true)
  let wanted = merger.merge(base: ancestor.root, ours: mine.root, theirs: other.root)
  let merged: CatalogDocument
  let alternative: CatalogDocument
  do throws(RefusedEdit) {
    merged = try mine.document(with: wanted)
    var reverse = CatalogMerger(prefersOurs: false)
    alternative =
      merger.conflicts.isEmpty
      ? merged
      : try mine.document(
        with: reverse.merge(base: ancestor.root, ours: mine.root, theirs: other.root)
      )
  } catch {
    // The splices failed their own check: both sides whole, so that nothing is lost.
    let text = error.problems.first?.text ?? "the merge could not be verified"
    return CatalogMerge(
      bytes: ConflictMarkers.text(ours: ours, theirs: theirs),
      conflicts: [CatalogMerge.Conflict(element: mine.root.uuid, text: text)],
      notes: []
    )
  }
  let broken = merged.problems(notIn: mine, or: other).map { problem in
    CatalogMerge.Conflict(element: problem.element, text: "after the merge " + problem.text)
  }
  return CatalogMerge(
    bytes: ConflictMarkers.text(ours: merged.bytes, theirs: alternative.bytes),
    conflicts: merger.conflicts + merger.renumberedTables + broken,
    notes: merger.notes + lostComments(base: base, theirs: theirs)
  )
}

/// A merge is one of elements: comments stay as ours has them.
private func lostComments(base: [UInt8], theirs: [UInt8]) -> [String] {
  func comments(in bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let (start, end) = (Array("<!--".utf8), Array("-->".utf8))
    return bytes.indices.filter { bytes[$0] == start[0] && bytes[$0...].starts(with: start) }
      .map { at in
        let close = bytes.indices[at...].first { bytes[$0...].starts(with: end) }
        return bytes[at..<(close ?? bytes.endIndex)]
      }
  }
  let known = comments(in: base)
  guard comments(in: theirs).contains(where: { !known.contains($0) }) else { return [] }
  return ["theirs has a new XML comment, which is left out: copy it by hand if it is needed"]
}

/// Both versions of the lines that differ, in git's form.
enum ConflictMarkers {
  static func text(ours: [UInt8], theirs: [UInt8]) -> [UInt8] {
    let diff = LineDiff(from: ours, to: theirs)
    guard !diff.changes.isEmpty else { return ours }
    let newline: [UInt8] =
      diff.oldLines.first?.suffix(2).elementsEqual([0x0D, 0x0A]) ?? false ? [0x0D, 0x0A] : [0x0A]
    var out: [UInt8] = []
    func mark(_ word: String) {
      if out.last.map({ $0 != 0x0A }) ?? false { out += newline }
      out += Array(word.utf8) + newline
    }
    var at = 0
    for change in diff.changes {
      for line in at..<change.old.lowerBound { out += diff.oldLines[line] }
      mark("<<<<<<< ours")
      for line in change.old { out += diff.oldLines[line] }
      mark("=======")
      for line in change.new { out += diff.newLines[line] }
      mark(">>>>>>> theirs")
      at = change.old.upperBound
    }
    for line in at..<diff.oldLines.count { out += diff.oldLines[line] }
    return out
  }
}
