internal import ProjectModel

/// What a delta may hold.
package enum DeltaForm: String, Sendable, Hashable, CaseIterable {
  /// The changed content against the old one, where that is smaller than the packed member.
  case content
  /// Packed members alone, for those whose zlib packs in another way.
  case packed
}

/// Makes the delta between two generations: always the same bytes for the same two and one form.
///
/// A delta is a row of frames: kind (one byte), length of the payload (32 bits), payload, CRC-32 of
/// all before. Integers have their lowest byte first.
/// - `H`, once: `syncdD01`, the digests of the old and the new bundle (32 bytes each), the sizes of
///   their archives (64 bits each), the size of the edits, and of the edits deflated (32 bits each).
/// - `E`, once or more: `ManifestEdits`, raw deflate with the dictionary of `DeltaPreamble`, cut.
/// - Then for each member that `DeltaPlan` calls sent, in order, `P` with its packed bytes, cut, or
///   one `C`: `ContentFrame`.
///
/// Nothing stands at the end: the manifest says which members are to come.
struct DeltaEncoder {
  let old: GenerationContents
  let new: GenerationContents
  let form: DeltaForm
  /// Where a large delta is kept, in a nameless file.
  let folder: String

  func encoded() throws(BundleError) -> EncodedDelta {
    var sink = DeltaSink(folder: folder)
    try sink.append(DeltaPreamble(from: old.manifest, to: new.manifest).encoded())
    let members = DeltaPlan(from: old.manifest, to: new.manifest).sent
      .map { new.manifest.members[$0] }
    let bases = self.bases(of: members)
    let oldSources = old.sources(of: bases.values.map { $0.member })
    let newSources = new.sources(of: members)
    for member in members {
      guard let source = newSources[member.packed] else { throw .lostBase }
      if let base = bases[member.path], let oldSource = oldSources[base.member.packed],
        let payload = try content(member, source, base, oldSource)
      {
        try sink.append(.content, payload[...])
      } else {
        try source.read(member) { (part) throws(BundleError) in
          try sink.append(.packed, part[...])
        }
      }
    }
    return try sink.finish(from: old.manifest.digest, to: new.manifest.digest, form: form)
  }

  /// An old member, and its index.
  private typealias Base = (index: Int, member: Member)

  /// The old members whose content may help.
  private func bases(of members: [Member]) -> [ProjectPath: Base] {
    guard form == .content, ZlibSelfTest.passes else { return [:] }
    let limit = UInt64(ContentScript.largest)
    var bases: [ProjectPath: Base] = [:]
    for member in members where member.size <= limit {
      guard let index = old.manifest.index(of: member.path, isFolder: false) else { continue }
      let base = old.manifest.members[index]
      if base.size > 0, base.size <= limit { bases[member.path] = (index, base) }
    }
    return bases
  }

  /// The payload of a content frame; `nil` where packed bytes are no larger, or nobody could make
  /// them of the content.
  private func content(
    _ member: Member,
    _ source: PackedSource,
    _ base: Base,
    _ oldSource: PackedSource
  ) throws(BundleError) -> [UInt8]? {
    let packed = try source.bytes(of: member)
    // A damaged old member is no reason to fail: the new one is whole.
    guard let oldPacked = try? oldSource.bytes(of: base.member),
      let oldContent = Repacking.content(of: base.member, packed: oldPacked),
      let content = Repacking.content(of: member, packed: packed)
    else { return nil }
    let payload = ContentFrame.payload(base: base.index, old: oldContent, new: content)
    guard payload.count < packed.count, payload.count <= DeltaFrame.longest,
      Repacking.packed(content, method: member.method) == packed
    else { return nil }
    return payload
  }
}
