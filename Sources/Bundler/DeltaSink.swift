internal import ProjectModel

/// Takes the parts of a delta: in memory while it is small, in a nameless file from there on.
struct DeltaSink: ~Copyable {
  private var sink: RecordSink
  private let hasher = SHA256Hasher()
  private var size: UInt64 = 0

  init(folder: String) {
    sink = RecordSink(folder: folder, keepsSmallInMemory: true)
    sink.begin()
  }

  mutating func append(_ kind: DeltaFrame.Kind, _ payload: ArraySlice<UInt8>) throws(BundleError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + DeltaFrame.overhead)
    DeltaFrame.append(kind, payload, to: &bytes)
    try append(bytes)
  }

  mutating func append(_ bytes: [UInt8]) throws(BundleError) {
    hasher.update(bytes)
    size += UInt64(bytes.count)
    try sink.append(bytes)
  }

  mutating func finish(
    from: Digest,
    to: Digest,
    form: DeltaForm
  ) throws(BundleError) -> EncodedDelta {
    EncodedDelta(
      from: from,
      to: to,
      form: form,
      size: size,
      digest: hasher.finish(),
      piece: try sink.finish()
    )
  }
}
