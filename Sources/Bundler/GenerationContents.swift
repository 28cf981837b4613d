internal import ProjectModel

/// A kept generation with all that its packed members are read from.
struct GenerationContents: Sendable {
  enum Foundation: Sendable {
    case bundle(BundleFile)
    /// Not written yet, but promised.
    case snapshot(Snapshot)
  }

  let manifest: Manifest
  /// Older than the foundation, from the generation itself towards it.
  let layers: [PastGeneration]
  let foundation: Foundation

  /// Where the packed bytes of these members of the manifest are, by their packed digests; what is
  /// lost is missing.
  func sources(of members: [Member]) -> [Digest: PackedSource] {
    var found: [Digest: PackedSource] = [:]
    var missing: Set<Digest> = []
    for member in members {
      if let source = source(of: member) {
        found[member.packed] = source
      } else {
        missing.insert(member.packed)
      }
    }
    guard !missing.isEmpty, case .bundle(let bundle) = foundation else { return found }
    for (packed, index) in bundle.manifest.indices(ofPacked: missing) {
      found[packed] = .file(bundle.descriptor, offset: bundle.dataOffset(index))
    }
    return found
  }

  private func source(of member: Member) -> PackedSource? {
    if member.packedSize == 0 { return .memory([]) }
    for layer in layers {
      if let offset = layer.offsets[member.packed] {
        return .file(layer.descriptor, offset: offset)
      }
    }
    switch foundation {
    case .snapshot(let snapshot): return snapshot.source(of: member)
    case .bundle(let bundle):
      return bundle.dataOffset(of: member).map { .file(bundle.descriptor, offset: $0) }
    }
  }
}

extension PackedSource {
  /// Reads the packed bytes of a member piece by piece; an error unless they have its digest.
  func read(
    _ member: Member,
    _ take: ([UInt8]) throws(BundleError) -> Void
  ) throws(BundleError) {
    let hasher = SHA256Hasher()
    switch self {
    case .memory(let bytes):
      hasher.update(bytes)
      var rest = bytes[...]
      while !rest.isEmpty {
        try take(Array(rest.prefix(DeltaFrame.longest)))
        rest = rest.dropFirst(DeltaFrame.longest)
      }
    case .file(let file, let offset):
      var done: UInt64 = 0
      while done < member.packedSize {
        let count = Int(min(UInt64(DeltaFrame.longest), member.packedSize - done))
        let part = try file.bytes(at: offset + done, count: count, path: member.path.display)
        hasher.update(part)
        try take(part)
        done += UInt64(count)
      }
    }
    guard hasher.finish() == member.packed else {
      throw BundleError(
        .damaged,
        "the packed bytes of the member are not what they were",
        path: member.path.display
      )
    }
  }

  /// All packed bytes of a member, held against its digest.
  func bytes(of member: Member) throws(BundleError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(member) { bytes += $0 }
    return bytes
  }
}
