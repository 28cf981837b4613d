internal import Glibc
internal import ProjectModel

/// The digests that were kept once: the last thousand or so, one a line in a file.
///
/// When the file cannot be read or written, a digest is unknown instead of trimmed: the asker gets
/// the whole bundle either way.
struct TrimmedList {
  private static let most = 1024

  private let path: String
  private let folder: String
  private var digests: [Digest] = []
  private var lines = 0
  /// Whether the file ends with a whole line.
  private var isWhole = true

  init(folder: String) {
    self.folder = folder
    path = "\(folder)/trimmed"
    guard case .success(let file) = Descriptor.open(path, O_RDONLY | O_NONBLOCK),
      file.signature.size <= 1 << 20,
      let bytes = try? file.bytes(at: 0, count: Int(file.signature.size), path: path)
    else { return }
    isWhole = bytes.isEmpty || bytes.last == UInt8(ascii: "\n")
    let found = bytes.split(separator: UInt8(ascii: "\n"))
    lines = found.count
    digests = found.suffix(Self.most).compactMap(MemberLine.digest)
  }

  func contains(_ digest: Digest) -> Bool { digests.contains(digest) }

  /// Called when a generation is there (again).
  mutating func remove(_ digest: Digest) { digests.removeAll { $0 == digest } }

  mutating func append(_ digest: Digest) {
    remove(digest)
    digests.append(digest)
    if digests.count > Self.most { digests.removeFirst() }
    if isWhole, lines < 2 * Self.most, (try? addLine(digest)) != nil { return }
    isWhole = (try? rewrite()) != nil
  }

  private mutating func addLine(_ digest: Digest) throws(BundleError) {
    guard
      case .success(let file) = Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    else { throw .brokenDelta }
    let line = Self.line(digest)
    let count = unsafe line.withUnsafeBytes { unsafe Glibc.write(file.number, $0.baseAddress, 65) }
    isWhole = count == 65
    guard isWhole, fdatasync(file.number) == 0 else { throw .brokenDelta }
    lines += 1
  }

  private mutating func rewrite() throws(BundleError) {
    let file = try DurableFile(in: folder, size: 0, mode: 0o600)
    var sink = FileSink(file.descriptor, path: path)
    for digest in digests { try sink.append(Self.line(digest)) }
    try sink.flush()
    try file.commit(as: path)
    lines = digests.count
  }

  private static func line(_ digest: Digest) -> [UInt8] {
    var line: [UInt8] = []
    Hex.append(digest, to: &line)
    return line + [UInt8(ascii: "\n")]
  }
}
