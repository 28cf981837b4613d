internal import ProjectModel

/// Writes the archive of a snapshot: runs of members that the base bundle has too are copied as
/// they are, headers included, all others are put together from their packed bytes.
struct ArchiveWriter {
  let snapshot: Snapshot
  let layout: ArchiveLayout

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    layout = ArchiveLayout(snapshot.manifest.members)
  }

  func write(to sink: inout FileSink) throws(BundleError) {
    try writeRecords(to: &sink)
    for (index, member) in snapshot.manifest.members.enumerated() {
      try sink.append { ZipRecord.appendCentral(member, offset: layout.offsets[index], to: &$0) }
    }
    try sink.append {
      ZipRecord.appendEnd(
        count: snapshot.manifest.members.count,
        directory: layout.directorySize,
        offset: layout.directoryOffset,
        to: &$0
      )
    }
    try sink.flush()
    guard sink.position == layout.archiveSize else {
      throw BundleError(.damaged, "the bundle came out in another size than it should have")
    }
  }

  private func writeRecords(to sink: inout FileSink) throws(BundleError) {
    let members = snapshot.manifest.members
    let plan = RunPlan(from: snapshot.base?.manifest.members ?? [], to: members)
    for run in plan.runs {
      switch run {
      case .same(let range):
        guard let base = snapshot.base else { throw .lostBase }
        let start = base.recordOffset(range.lowerBound)
        let end = base.recordOffset(range.upperBound)
        try sink.copy(from: base.descriptor, at: start, count: end - start)
      case .fresh(let range):
        for member in members[range] { try write(member, to: &sink) }
      }
    }
  }

  private func write(_ member: Member, to sink: inout FileSink) throws(BundleError) {
    try sink.append { ZipRecord.appendLocalHeader(member, to: &$0) }
    switch snapshot.source(of: member) {
    case .memory(let bytes): try sink.append(bytes)
    case .file(let descriptor, let offset):
      try sink.copy(from: descriptor, at: offset, count: member.packedSize)
    case nil: throw .lostBase
    }
  }
}
