internal import Glibc
internal import ProjectModel

/// The files of a bundle store.
struct StoreFolder: Sendable {
  let path: String

  init(_ path: String) { self.path = path }

  func bundlePath(_ digest: Digest) -> String { "\(path)/\(digest.hex).4dz" }

  func manifestPath(_ digest: Digest) -> String { "\(path)/\(digest.hex).manifest" }

  func pastPath(_ digest: Digest) -> String { "\(path)/\(digest.hex).past" }

  func removePast(_ digest: Digest) {
    unsafe unlink(pastPath(digest))
  }

  /// Writes what an older generation has and its base lacks.
  func writePast(
    _ contents: GenerationContents,
    base: Manifest,
    published: Int64
  ) throws(BundleError) -> PastGeneration {
    try PastFile.write(
      contents,
      base: base,
      published: published,
      to: pastPath(contents.manifest.digest),
      in: path
    )
  }

  /// Takes a bundle's names away; who has it open keeps it.
  func remove(_ digest: Digest) {
    unsafe unlink(bundlePath(digest))
    removeManifest(digest)
  }

  func removeManifest(_ digest: Digest) {
    unsafe unlink(manifestPath(digest))
  }

  func open(_ file: String, manifest: Manifest) throws(BundleError) -> BundleFile {
    try BundleFile(path: file, manifest: manifest)
  }

  /// Writes the manifest's text: the lines that `old` has too are copied from its file.
  ///
  /// Not synced: the text follows from the bundle, and whoever reads it checks its digest.
  func write(_ manifest: Manifest, after old: Manifest?) throws(BundleError) {
    let file = manifestPath(manifest.digest)
    let descriptor: Descriptor
    switch Descriptor.open(file, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600) {
    case .success(let opened): descriptor = opened
    case .failure(let error): throw .system(error.number, doing: "write the manifest", path: file)
    }
    var sink = FileSink(descriptor, path: file)
    do throws(BundleError) {
      if let old, try copyLines(of: manifest, from: old, to: &sink) { return }
      try sink.append(manifest.encoded())
      try sink.flush()
    } catch {
      unsafe unlink(file)
      throw error
    }
  }

  private func copyLines(
    of manifest: Manifest,
    from old: Manifest,
    to sink: inout FileSink
  ) throws(BundleError) -> Bool {
    let header = Manifest.header(profile: manifest.profile, timestamps: manifest.timestamps)
    let oldHeader = Manifest.header(profile: old.profile, timestamps: old.timestamps)
    var starts = [UInt64(oldHeader.count)]
    for member in old.members { starts.append(starts[starts.count - 1] + UInt64(member.lineSize)) }
    guard old.digest != manifest.digest,
      case .success(let source) = Descriptor.open(manifestPath(old.digest), O_RDONLY),
      source.signature.size == starts[old.members.count]
    else { return false }
    try sink.append(header)
    for run in RunPlan(from: old.members, to: manifest.members).runs {
      switch run {
      case .same(let range):
        let (start, end) = (starts[range.lowerBound], starts[range.upperBound])
        try sink.copy(from: source, at: start, count: end - start)
      case .fresh(let range):
        for member in manifest.members[range] { try sink.append(MemberLine.bytes(of: member)) }
      }
    }
    try sink.flush()
    return true
  }

  private var indexPath: String { "\(path)/index" }

  /// Keeps a builder's index; one that is damaged is recognised by its checksum.
  func write(index: [UInt8]) throws(BundleError) {
    let file = try DurableFile(in: path, size: 0, mode: 0o600)
    var sink = FileSink(file.descriptor, path: indexPath)
    try sink.append(index)
    try sink.flush()
    try file.commit(as: indexPath)
  }

  /// The index of an earlier run, if there is one.
  func readIndex() -> [UInt8]? {
    guard case .success(let descriptor) = Descriptor.open(indexPath, O_RDONLY),
      descriptor.signature.size < 1 << 30
    else { return nil }
    return try? descriptor.bytes(
      at: 0,
      count: Int(descriptor.signature.size),
      path: indexPath
    )
  }

  /// The bundle of that name with its manifest; without a sound manifest the bundle is read.
  ///
  /// `nil` when it is damaged for certain; an error of the system says nothing of the bundle.
  func recovered(_ digest: Digest) throws(BundleError) -> BundleFile? {
    let file = bundlePath(digest)
    do throws(BundleError) {
      if let manifest = storedManifest(digest) { return try open(file, manifest: manifest) }
      let manifest = try verifyBundle(at: file)
      guard manifest.digest == digest else { return nil }
      let bundle = try open(file, manifest: manifest)
      // Without it the next start only takes longer.
      try? write(manifest, after: nil)
      return bundle
    } catch {
      let isDamaged = [.damaged, .notCanonical, .notABundle].contains(error.code)
      if isDamaged { return nil }
      throw error
    }
  }

  private func storedManifest(_ digest: Digest) -> Manifest? {
    guard case .success(let descriptor) = Descriptor.open(manifestPath(digest), O_RDONLY),
      case .success(let status) = descriptor.status(), status.st_size > 0,
      let bytes = try? descriptor.bytes(at: 0, count: Int(status.st_size), path: path),
      let manifest = try? Manifest(decoding: bytes), manifest.digest == digest
    else { return nil }
    return manifest
  }
}
