internal import Glibc
package import ProjectModel

/// Makes the new bundle out of the old one and a delta, whose bytes may come in any pieces and from
/// anybody: nothing is replaced before every byte was held against the digest that was asked for.
///
/// Memory is bounded by the manifest and a few megabytes, whatever comes. For one task; calls may
/// write to the disk for as long as copying the old bundle takes.
package final class DeltaApplier {
  private let base: BundleFile
  private let target: Digest
  private let path: String
  private let mode: UInt32
  private let largest: UInt64
  private var preamble = DeltaPreamble.Collector()
  private var assembly: ArchiveAssembly?
  private var partial: [UInt8] = []
  private var failure: BundleError?

  /// How many bytes of the delta came in whole, sound frames: from here it can be resumed.
  package private(set) var resumeOffset: UInt64 = 0

  /// Begins to make the bundle `target` out of `base`, in the file `path`.
  ///
  /// `path` may be the base's own. A delta that leads to a larger archive than `largest` bytes is
  /// refused before anything is written.
  package init(
    base: BundleFile,
    target: Digest,
    to path: String,
    mode: UInt32 = 0o444,
    largest: UInt64 = 64 << 30
  ) {
    self.base = base
    self.target = target
    self.path = path
    self.mode = mode
    self.largest = largest
  }

  /// How many bytes of the delta were taken in all.
  package var received: UInt64 { resumeOffset + UInt64(partial.count) }

  /// Whether the delta is whole and only `finish()` is left.
  package var isComplete: Bool { assembly?.isComplete == true && partial.isEmpty }

  /// Takes the next bytes of the delta.
  ///
  /// - Throws: `BundleError`. After `.damaged` of a torn or changed frame the delta can be gone on
  ///   with from `resumeOffset`, once `discardPartialFrame()` was called; every other error is final
  ///   and is thrown again.
  package func feed(_ bytes: some Collection<UInt8>) throws(BundleError) {
    if let failure { throw failure }
    partial += bytes
    var rest = partial[...]
    defer { partial = Array(rest) }
    while rest.count >= DeltaFrame.prefix {
      let length = try DeltaFrame.length(rest.prefix(DeltaFrame.prefix))
      guard rest.count >= length else { return }
      let frame = try DeltaFrame(rest.prefix(length))
      do throws(BundleError) {
        try take(frame)
      } catch {
        failure = error
        assembly = nil
        throw error
      }
      rest = rest.dropFirst(length)
      resumeOffset += UInt64(length)
    }
  }

  /// Forgets what came behind `resumeOffset`.
  package func discardPartialFrame() { partial = [] }

  /// Makes the new bundle durable under its name, and opens it.
  ///
  /// - Throws: `BundleError`; the file at the path is as it was then.
  package func finish() throws(BundleError) -> BundleFile {
    if let failure { throw failure }
    guard let assembly, isComplete else {
      throw BundleError(.damaged, "the delta is not whole", remedy: "get the rest of it")
    }
    defer {
      self.assembly = nil
      failure = BundleError(.unsupported, "the delta was applied already")
    }
    return try assembly.finish()
  }

  private func take(_ frame: DeltaFrame) throws(BundleError) {
    guard let assembly else {
      guard let preamble = try preamble.take(frame) else { return }
      try begin(preamble)
      return
    }
    switch frame.kind {
    case .packed: try assembly.take(packed: frame.payload)
    case .content: try assembly.take(content: frame.payload)
    case .header, .edits: throw .brokenDelta
    }
  }

  private func begin(_ preamble: DeltaPreamble) throws(BundleError) {
    guard preamble.to == target else {
      throw BundleError(
        .wrongBase,
        "the delta leads to another bundle than the one asked for",
        remedy: "get the whole bundle"
      )
    }
    guard preamble.toSize <= largest else {
      throw BundleError(.unsupported, "the new bundle is larger than allowed (\(largest) bytes)")
    }
    assembly = try ArchiveAssembly(
      base: base,
      manifest: preamble.manifest(from: base.manifest),
      to: path,
      mode: mode
    )
  }
}

/// Applies the delta in the file `delta` to `base` and writes the bundle `target` to `path`.
///
/// - Throws: `BundleError`; the file at `path` is as it was then.
package func applyDelta(
  _ delta: String,
  to base: BundleFile,
  target: Digest,
  writing path: String
) throws(BundleError) -> BundleFile {
  let file: Descriptor
  switch Descriptor.open(delta, O_RDONLY | O_NONBLOCK) {
  case .success(let opened): file = opened
  case .failure(let error): throw .system(error.number, doing: "open the delta", path: delta)
  }
  let applier = DeltaApplier(base: base, target: target, to: path)
  let size = file.signature.size
  while applier.received < size {
    let count = Int(min(UInt64(DeltaFrame.longest), size - applier.received))
    try applier.feed(try file.bytes(at: applier.received, count: count, path: delta))
  }
  return try applier.finish()
}
