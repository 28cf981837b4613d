internal import ProjectModel

/// What a delta begins with: which two bundles it is between, and the edits of the manifest.
struct DeltaPreamble {
  let from: Digest
  let to: Digest
  let fromSize: UInt64
  let toSize: UInt64
  let edits: [UInt8]

  init(from old: Manifest, to new: Manifest) throws(BundleError) {
    from = old.digest
    to = new.digest
    fromSize = old.archiveSize
    toSize = new.archiveSize
    edits = ManifestEdits.text(from: old, to: new)
    guard edits.count <= ManifestEdits.largest else {
      throw BundleError(
        .unsupported,
        "the two bundles have too little in common for a delta",
        remedy: "get the whole bundle"
      )
    }
  }

  /// The frames of the header and of the edits.
  func encoded() -> [UInt8] {
    let packed = PresetDeflate.packed(edits, dictionary: Self.dictionary[...])
    var header = Self.magic
    header += from.bytes
    header += to.bytes
    header.append(little: fromSize)
    header.append(little: toSize)
    header.append(little: UInt32(edits.count))
    header.append(little: UInt32(packed.count))
    var bytes: [UInt8] = []
    DeltaFrame.append(.header, header[...], to: &bytes)
    var rest = packed[...]
    while !rest.isEmpty {
      DeltaFrame.append(.edits, rest.prefix(DeltaFrame.longest), to: &bytes)
      rest = rest.dropFirst(DeltaFrame.longest)
    }
    return bytes
  }

  /// The manifest that the edits make of `base`, which must be the one they are for.
  ///
  /// What comes from others is held against the rules, even if it has the digest that it should
  /// have: it is theirs too.
  func manifest(from base: Manifest, isOwn: Bool = false) throws(BundleError) -> Manifest {
    guard from == base.digest else {
      throw BundleError(
        .wrongBase,
        "the delta is for another bundle than the one at hand",
        remedy: "get the whole bundle"
      )
    }
    guard fromSize == base.archiveSize else { throw .brokenDelta }
    let manifest = try ManifestEdits.applied(edits, to: base, known: isOwn ? to : nil)
    guard manifest.digest == to, manifest.archiveSize == toSize else { throw .brokenDelta }
    return manifest
  }

  private static let magic = Array("syncdD01".utf8)

  /// What most edits have in common, so that it costs nothing.
  private static let dictionary: [UInt8] = {
    let empty = SHA256.empty.hex
    return Array(
      "=0123456789\n+folder\tstored\t00210000\t00000000\t0\t0\t\(empty)\t\(empty)\tProject/Sources/Forms/\n.4DForm\nObjectMethods/Classes/DatabaseMethods/method.4dm\nsyncd-manifest 1 profile=full timestamps=constant\n=100\n-1\n+file\tdeflated\t00210000\tProject/Sources/Methods/.4dm\n"
        .utf8
    )
  }()

  /// Puts a preamble together from the first frames of a delta.
  struct Collector {
    private var fields: (from: Digest, to: Digest, fromSize: UInt64, toSize: UInt64)?
    private var size = 0
    private var packedSize = 0
    private var packed: [UInt8] = []

    init() {}

    /// Takes the next frame; returns the preamble with its last one.
    mutating func take(_ frame: DeltaFrame) throws(BundleError) -> DeltaPreamble? {
      guard fields != nil else {
        try take(header: frame)
        return nil
      }
      guard frame.kind == .edits, frame.payload.count <= packedSize - packed.count,
        !frame.payload.isEmpty
      else { throw .brokenDelta }
      packed += frame.payload
      guard packed.count == packedSize, let fields else { return nil }
      guard
        let edits = PresetDeflate.unpacked(packed[...], size: size, dictionary: dictionary[...])
      else { throw .brokenDelta }
      return DeltaPreamble(fields, edits)
    }

    private mutating func take(header frame: DeltaFrame) throws(BundleError) {
      var cursor = ByteCursor(frame.payload)
      guard frame.kind == .header, let magic = cursor.take(DeltaPreamble.magic.count) else {
        throw .brokenDelta
      }
      guard magic.elementsEqual(DeltaPreamble.magic) else {
        throw BundleError(
          .unsupported,
          "the delta has a form of another version of syncd",
          remedy: "get the whole bundle"
        )
      }
      guard let from = cursor.take(32).flatMap({ Digest(bytes: $0) }),
        let to = cursor.take(32).flatMap({ Digest(bytes: $0) }),
        let fromSize = cursor.take(UInt64.self), let toSize = cursor.take(UInt64.self),
        let size = cursor.take(UInt32.self), let packedSize = cursor.take(UInt32.self),
        cursor.position == frame.payload.endIndex, packedSize > 0,
        size <= ManifestEdits.largest, packedSize <= ManifestEdits.largest
      else { throw .brokenDelta }
      fields = (from, to, fromSize, toSize)
      self.size = Int(size)
      self.packedSize = Int(packedSize)
    }
  }

  private init(
    _ fields: (from: Digest, to: Digest, fromSize: UInt64, toSize: UInt64),
    _ edits: [UInt8]
  ) {
    (from, to, fromSize, toSize) = fields
    self.edits = edits
  }
}
