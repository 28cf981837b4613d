import NIOCore
import Synchronization

/// A bundle that several clients may be downloading, who then share what was read for one of them.
///
/// After a notice everybody fetches the same bundle: its chunks are read once and kept until the
/// last of these downloads has ended. A lone download keeps nothing.
final class SharedBundle: ServedBytes {
  private let bundle: OpenBundle
  private let room: ChunkRoom
  private let isShared = Atomic(false)
  private let kept = Mutex<[UInt64: ByteBuffer]>([:])

  init(_ bundle: OpenBundle, room: ChunkRoom) {
    self.bundle = bundle
    self.room = room
  }

  deinit { room.leave(kept.withLock { $0.count }) }

  var size: UInt64 { bundle.size }

  /// From now on chunks are kept: a second client has come.
  func share() { isShared.store(true, ordering: .relaxed) }

  func read(from position: UInt64, count: Int) async throws -> ByteBuffer {
    let offset = position % UInt64(OpenBundle.chunkSize)
    if let chunk = kept.withLock({ $0[position - offset] }),
      let part = chunk.getSlice(at: chunk.readerIndex + Int(offset), length: count)
    {
      return part
    }
    let chunk = try await bundle.read(from: position, count: count)
    if isShared.load(ordering: .relaxed) { keep(chunk, at: position) }
    return chunk
  }

  /// Keeps whole chunks: a part would be in the way of the next client.
  private func keep(_ chunk: ByteBuffer, at position: UInt64) {
    let whole = min(UInt64(OpenBundle.chunkSize), size - position)
    guard position % UInt64(OpenBundle.chunkSize) == 0, chunk.readableBytes == Int(whole) else {
      return
    }
    kept.withLock { kept in
      guard kept[position] == nil, room.enter() else { return }
      kept[position] = chunk
    }
  }
}
