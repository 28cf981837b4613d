internal import ProjectModel

/// Writes a new bundle out of an old one and of what a delta sends, from the beginning to the end.
///
/// The headers and the directory are made here; what is copied is held against its digest. The
/// file appears under its name only in `finish()`.
final class ArchiveAssembly {
  private let base: BaseWindow
  private let manifest: Manifest
  private let path: String
  private let layout: ArchiveLayout
  private let steps: [DeltaPlan.Step]
  private let file: DurableFile
  private var sink: FileSink
  private var step = 0
  private let hasher = SHA256Hasher()
  /// How much of the awaited member came as packed bytes; `nil` before its header is written.
  private var arrived: UInt64?
  /// Members whose packed bytes came as they are: what is in them was not looked at yet.
  private var unseen: [Int] = []

  init(
    base: BundleFile,
    manifest: Manifest,
    to path: String,
    mode: UInt32
  ) throws(BundleError) {
    self.base = BaseWindow(base)
    self.manifest = manifest
    self.path = path
    layout = ArchiveLayout(manifest.members)
    steps = DeltaPlan(from: base.manifest, to: manifest).steps
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    file = try DurableFile(in: folder, size: layout.archiveSize, mode: mode)
    sink = FileSink(file.descriptor, path: path)
    try advance()
  }

  /// Whether nothing more must be sent.
  var isComplete: Bool { step == steps.count }

  /// Takes the next piece of the awaited member's packed bytes.
  func take(packed part: ArraySlice<UInt8>) throws(BundleError) {
    guard let (index, member) = awaited, !part.isEmpty else { throw .brokenDelta }
    if arrived == nil { try appendHeader(member) }
    let (before, count) = (arrived ?? 0, UInt64(part.count))
    guard count <= member.packedSize - before else { throw .brokenDelta }
    unsafe part.withUnsafeBytes { unsafe hasher.update($0) }
    try sink.append { $0 += part }
    arrived = before + count
    guard before + count == member.packedSize else { return }
    guard hasher.finish() == member.packed else { throw Self.foreign(member) }
    unseen.append(index)
    try next()
  }

  /// Takes the awaited member as changes of an old content.
  func take(content payload: ArraySlice<UInt8>) throws(BundleError) {
    guard let (_, member) = awaited, arrived == nil, let parts = ContentFrame.Parts(payload),
      parts.base < base.manifest.members.count, member.size <= UInt64(ContentScript.largest)
    else { throw .brokenDelta }
    let old = base.manifest.members[parts.base]
    guard old.size <= UInt64(ContentScript.largest) else { throw .brokenDelta }
    guard let oldContent = Repacking.content(of: old, packed: try base.bytes(parts.base)),
      let content = parts.content(from: oldContent, size: Int(member.size)),
      SHA256.digest(of: content) == member.content
    else { throw Self.foreign(member) }
    let packed = Repacking.packed(content, method: member.method)
    guard SHA256.digest(of: packed) == member.packed else {
      throw BundleError(
        .otherZlib,
        "zlib packs the member in another way here than on the server",
        path: member.path.display,
        remedy: "get the whole bundle"
      )
    }
    try appendHeader(member)
    try sink.append(packed)
    try next()
  }

  /// Ends the archive, looks into what came packed, and gives the file its name.
  func finish() throws(BundleError) -> BundleFile {
    for (index, member) in manifest.members.enumerated() {
      try sink.append { ZipRecord.appendCentral(member, offset: layout.offsets[index], to: &$0) }
    }
    try sink.append {
      ZipRecord.appendEnd(
        count: manifest.members.count,
        directory: layout.directorySize,
        offset: layout.directoryOffset,
        to: &$0
      )
    }
    try sink.flush()
    guard sink.position == layout.archiveSize else { throw .brokenDelta }
    let verifier = MemberVerifier(file: file.descriptor, path: path)
    for index in unseen {
      let member = manifest.members[index]
      guard try verifier.member(member, at: layout.offsets[index]).leaf == member.leaf else {
        throw Self.foreign(member)
      }
    }
    try file.commit(as: path)
    return try BundleFile(path: path, manifest: manifest, descriptor: file.descriptor)
  }

  private var awaited: (index: Int, member: Member)? {
    guard step < steps.count, case .fresh(let index, .sent) = steps[step] else { return nil }
    return (index, manifest.members[index])
  }

  private func next() throws(BundleError) {
    arrived = nil
    step += 1
    try advance()
  }

  /// Writes all that is here already, up to the next member that must be sent.
  private func advance() throws(BundleError) {
    while step < steps.count {
      switch steps[step] {
      case .same(let range):
        for index in range { try copy(base.manifest.members[index], from: index) }
      case .fresh(_, .sent): return
      case .fresh(let index, .nothing): try appendHeader(manifest.members[index])
      case .fresh(let index, .old(let place)): try copy(manifest.members[index], from: place)
      case .fresh(let index, .earlier(let place)):
        try appendHeader(manifest.members[index])
        try sink.flush()
        let earlier = manifest.members[place]
        try sink.copy(
          from: file.descriptor,
          at: layout.dataOffset(place, of: earlier),
          count: earlier.packedSize
        )
      }
      step += 1
    }
  }

  private func copy(_ member: Member, from index: Int) throws(BundleError) {
    // The manifest may say anything of a member but how its packed bytes begin and end.
    guard member.packedSize == base.manifest.members[index].packedSize else { throw .brokenDelta }
    try appendHeader(member)
    unsafe try base.read(index) { (part) throws(BundleError) in
      try sink.append { bytes in unsafe bytes.append(contentsOf: part) }
    }
  }

  private func appendHeader(_ member: Member) throws(BundleError) {
    try sink.append { ZipRecord.appendLocalHeader(member, to: &$0) }
  }

  private static func foreign(_ member: Member) -> BundleError {
    BundleError(
      .damaged,
      "what was sent is not the content that the manifest promises",
      path: member.path.display,
      remedy: "get the whole bundle"
    )
  }
}
