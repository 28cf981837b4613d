package import ProjectModel

/// What is made of kept generations when somebody asks: deltas, and whole older bundles.
extension BundleStore {
  /// The delta that leads from one kept generation to another, computed once for all who ask; the
  /// newer one may still be in the making.
  ///
  /// - Throws: `BundleError`; `.trimmed` or `.unknownGeneration` when one of them is not here,
  ///   `.unsupported` when they have too little in common.
  package func delta(
    from: Digest,
    to: Digest,
    form: DeltaForm = .content
  ) async throws(BundleError) -> EncodedDelta {
    let key = DeltaCache.Key(from: from, to: to, form: form)
    let old = try contents(of: from)
    let new = try contents(of: to)
    if let delta = deltas.delta(key) { return delta }
    let making: DeltaCache.Making
    if let shared = deltas.making(key) {
      making = shared
    } else {
      let encoder = DeltaEncoder(old: old, new: new, form: form, folder: files.path)
      making = Task { await Self.encode(encoder) }
      deltas.begin(key, making)
    }
    let result = await making.value
    deltas.end(key, result)
    return try result.get()
  }

  /// The whole bundle of a kept generation: an older one is put together in a nameless file, which
  /// the disk has back when the last reader is done.
  ///
  /// - Throws: `BundleError`; `.trimmed` or `.unknownGeneration` when it is not here.
  package func wholeBundle(_ digest: Digest) async throws(BundleError) -> BundleFile {
    if pending?.manifest.digest == digest, bundle(digest) == nil {
      // It is written when the turn comes back.
      await turn.take()
      turn.give()
    }
    if let bundle = bundle(digest) { return bundle }
    if let assembled, assembled.digest == digest { return assembled }
    let contents = try contents(of: digest)
    let task: Task<Result<BundleFile, BundleError>, Never>
    if let shared = assembling[digest] {
      task = shared
    } else {
      let files = files
      task = Task { await Self.assemble(contents, in: files) }
      assembling[digest] = task
    }
    let result = await task.value
    if assembling.removeValue(forKey: digest) != nil, case .success(let bundle) = result {
      assembled = bundle
    }
    return try result.get()
  }

  /// The content of a file in a kept generation; `nil` where it has no such file.
  ///
  /// - Throws: `BundleError`; `.trimmed` or `.unknownGeneration` when the generation is not here.
  package func content(
    of path: ProjectPath,
    in digest: Digest
  ) throws(BundleError) -> [UInt8]? {
    let contents = try contents(of: digest)
    guard let member = contents.manifest.member(at: path, kind: .file) else { return nil }
    guard member.size <= OpenedArchive.largest else {
      throw BundleError(.unsupported, "the file is too large", path: path.display)
    }
    guard let packed = try contents.sources(of: [member])[member.packed]?.bytes(of: member),
      let content = Repacking.content(of: member, packed: packed)
    else { throw .lostBase }
    return content
  }

  /// A kept generation with all that its members are read from.
  func contents(of digest: Digest) throws(BundleError) -> GenerationContents {
    var layers: [PastGeneration] = []
    var next = digest
    // A base is always newer than what needs it, so this ends; the bound is for damaged files.
    while layers.count <= kept.count, let generation = kept.last(where: { $0.digest == next }) {
      switch generation.form {
      case .whole(let bundle):
        let manifest = layers.first?.manifest ?? bundle.manifest
        return GenerationContents(manifest: manifest, layers: layers, foundation: .bundle(bundle))
      case .past(let past):
        layers.append(past)
        next = past.base
      }
    }
    if let pending, pending.manifest.digest == digest {
      return GenerationContents(
        manifest: pending.manifest,
        layers: [],
        foundation: .snapshot(pending)
      )
    }
    throw trimmed.contains(digest) ? .trimmed(digest) : .unknown(digest)
  }

  @concurrent private static func encode(
    _ encoder: DeltaEncoder
  ) async -> Result<EncodedDelta, BundleError> {
    Result { () throws(BundleError) in try encoder.encoded() }
  }

  @concurrent private static func assemble(
    _ contents: GenerationContents,
    in files: StoreFolder
  ) async -> Result<BundleFile, BundleError> {
    Result { () throws(BundleError) in try contents.assembled(in: files) }
  }
}

extension GenerationContents {
  /// Writes the archive into a nameless file.
  fileprivate func assembled(in files: StoreFolder) throws(BundleError) -> BundleFile {
    guard case .bundle(let bundle) = foundation else { throw .lostBase }
    var members: [Member] = []
    for case .fresh(let range) in RunPlan(from: bundle.manifest.members, to: manifest.members).runs
    {
      members += manifest.members[range].filter { $0.packedSize > 0 }
    }
    let sources = sources(of: members)
    var pieces: [Digest: FreshPiece] = [:]
    for member in members where pieces[member.packed] == nil {
      guard case .file(let file, let offset) = sources[member.packed] else { throw .lostBase }
      try PackedSource.file(file, offset: offset).read(member) { _ in }
      pieces[member.packed] = FreshPiece(piece: .pack(PackFile(file), offset: offset), number: 0)
    }
    let snapshot = Snapshot(
      manifest: manifest,
      problems: [],
      fresh: pieces,
      base: bundle,
      number: 0,
      lineage: Lineage()
    )
    let pack = try PackFile(in: files.path)
    let path = files.bundlePath(manifest.digest)
    var sink = FileSink(pack.descriptor, path: path)
    try ArchiveWriter(snapshot).write(to: &sink)
    return try BundleFile(path: path, manifest: manifest, descriptor: pack.descriptor)
  }
}

extension BundleError {
  fileprivate static func trimmed(_ digest: Digest) -> BundleError {
    BundleError(
      .trimmed,
      "the generation \(digest) is no longer kept",
      remedy: "get the current bundle"
    )
  }

  fileprivate static func unknown(_ digest: Digest) -> BundleError {
    BundleError(
      .unknownGeneration,
      "no generation is named \(digest)",
      remedy: "get the current bundle"
    )
  }
}
