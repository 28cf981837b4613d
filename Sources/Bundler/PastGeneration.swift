internal import Glibc
internal import ProjectModel

/// An older generation without a whole file: its manifest, and a file with what it has and a newer
/// one, its base, lacks.
///
/// The file is `syncdP01`, when the bundle was published (nanoseconds since 1970), a delta's header
/// and edits from the base to this generation, and the packed bytes that `DeltaPlan` calls sent.
final class PastGeneration: Sendable {
  static let magic = Array("syncdP01".utf8)

  let manifest: Manifest
  /// The generation that has all the rest.
  let base: Digest
  /// When the bundle was published, in nanoseconds since 1970.
  let published: Int64
  let descriptor: Descriptor
  /// The size of the file.
  let size: UInt64
  /// Where the packed bytes are in it.
  let offsets: [Digest: UInt64]

  init(
    manifest: Manifest,
    base: Manifest,
    published: Int64,
    descriptor: Descriptor,
    dataOffset: UInt64
  ) {
    self.manifest = manifest
    self.base = base.digest
    self.published = published
    self.descriptor = descriptor
    var offsets: [Digest: UInt64] = [:]
    var offset = dataOffset
    for index in DeltaPlan(from: base, to: manifest).sent {
      let member = manifest.members[index]
      offsets[member.packed] = offset
      offset += member.packedSize
    }
    self.offsets = offsets
    size = offset
  }
}

/// The file of a past generation as it was found, before its base is known.
struct PastFile {
  let path: String
  let descriptor: Descriptor
  let published: Int64
  let preamble: DeltaPreamble
  private let dataOffset: UInt64

  /// Reads what comes before the packed bytes.
  init(path: String) throws(BundleError) {
    self.path = path
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let opened): descriptor = opened
    case .failure(let error):
      throw .system(error.number, doing: "open the older generation", path: path)
    }
    let start = try descriptor.bytes(at: 0, count: 16, path: path)
    var cursor = ByteCursor(start[...])
    guard cursor.take(8)?.elementsEqual(PastGeneration.magic) == true,
      let stamp = cursor.take(UInt64.self)
    else { throw .brokenDelta }
    published = Int64(bitPattern: stamp)
    var collector = DeltaPreamble.Collector()
    var offset: UInt64 = 16
    while true {
      let prefix = try descriptor.bytes(at: offset, count: DeltaFrame.prefix, path: path)
      let length = try DeltaFrame.length(prefix[...])
      let frame = try DeltaFrame(descriptor.bytes(at: offset, count: length, path: path)[...])
      offset += UInt64(length)
      if let preamble = try collector.take(frame) {
        self.preamble = preamble
        break
      }
    }
    dataOffset = offset
  }

  /// The generation, once its base is there; an error when the file is not all of it.
  func generation(base: Manifest) throws(BundleError) -> PastGeneration {
    let generation = PastGeneration(
      manifest: try preamble.manifest(from: base, isOwn: true),
      base: base,
      published: published,
      descriptor: descriptor,
      dataOffset: dataOffset
    )
    guard descriptor.signature.size == generation.size else { throw .brokenDelta }
    return generation
  }

  /// Writes the file of a generation; whole and durable under its name afterwards, or not there.
  static func write(
    _ contents: GenerationContents,
    base: Manifest,
    published: Int64,
    to path: String,
    in folder: String
  ) throws(BundleError) -> PastGeneration {
    let preamble = try DeltaPreamble(from: base, to: contents.manifest).encoded()
    let members = DeltaPlan(from: base, to: contents.manifest).sent
      .map { contents.manifest.members[$0] }
    let sources = contents.sources(of: members)
    let dataOffset = UInt64(16 + preamble.count)
    let size = members.reduce(dataOffset) { $0 + $1.packedSize }
    let file = try DurableFile(in: folder, size: size, mode: 0o600)
    var sink = FileSink(file.descriptor, path: path)
    try sink.append { bytes in
      bytes += PastGeneration.magic
      bytes.append(little: UInt64(bitPattern: published))
    }
    try sink.append(preamble)
    for member in members {
      guard let source = sources[member.packed] else { throw .lostBase }
      try source.read(member) { (part) throws(BundleError) in try sink.append(part) }
    }
    try sink.flush()
    try file.commit(as: path)
    return PastGeneration(
      manifest: contents.manifest,
      base: base,
      published: published,
      descriptor: file.descriptor,
      dataOffset: dataOffset
    )
  }
}
