internal import ProjectModel

/// The packed members of a builder that are in no bundle yet.
struct FreshPieces {
  /// More than this does not stay in memory while nothing is published.
  private static let mostInMemory = 8 << 20

  private(set) var pieces: [Digest: FreshPiece] = [:]
  private var bytesInMemory = 0

  init() {}

  mutating func put(_ piece: PackedPiece, of member: Member, number: UInt64) {
    let old = pieces.updateValue(FreshPiece(piece: piece, number: number), forKey: member.packed)
    bytesInMemory += piece.sizeInMemory - (old?.piece.sizeInMemory ?? 0)
  }

  /// Lets go what the snapshot of that number, or an earlier one, brought.
  mutating func drop(upTo number: UInt64) {
    pieces = pieces.filter { $0.value.number > number }
    bytesInMemory = pieces.values.reduce(0) { $0 + $1.piece.sizeInMemory }
  }

  /// When much is in memory, lets go what no entry needs and moves the rest to a file.
  mutating func trim(_ entries: [BundleIndex.Entry], scratch: String) throws(BundleError) {
    guard bytesInMemory > Self.mostInMemory else { return }
    let needed = Set(entries.map { $0.member.packed })
    pieces = pieces.filter { needed.contains($0.key) }
    var sink = RecordSink(folder: scratch, keepsSmallInMemory: false)
    var moved = pieces
    for (digest, fresh) in pieces {
      guard case .memory(let bytes) = fresh.piece else { continue }
      sink.begin()
      try sink.append(bytes)
      moved[digest] = FreshPiece(piece: try sink.finish(), number: fresh.number)
    }
    try sink.flush()
    pieces = moved
    bytesInMemory = 0
  }
}
