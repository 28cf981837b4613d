import Bundler
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import SyncProtocol

/// Bytes that never change, served whole or in part.
protocol ServedBytes: Sendable {
  var size: UInt64 { get }

  /// Reads one chunk from a position.
  func read(from position: UInt64, count: Int) async throws -> ByteBuffer
}

/// A delta, whose bytes are in memory when there are few.
struct ServedDelta: ServedBytes {
  let delta: EncodedDelta

  var size: UInt64 { delta.size }

  func read(from position: UInt64, count: Int) async throws -> ByteBuffer {
    if delta.bytesInMemory != nil {
      return ByteBuffer(bytes: try delta.read(at: position, count: count))
    }
    return try await NIOThreadPool.singleton.runIfActive {
      ByteBuffer(bytes: try delta.read(at: position, count: count))
    }
  }
}

extension Response {
  /// The answer to a request for bytes with a strong tag: all, a range of them, or 304.
  init(serving bytes: some ServedBytes, as type: String, _ tag: EntityTag, to request: Request) {
    var fields: HTTPFields = [
      .eTag: tag.text, .cacheControl: "public, max-age=31536000, immutable", .acceptRanges: "bytes",
    ]
    if tag.isHeld(by: request.headers) {
      self.init(status: .notModified, headers: fields)
      return
    }
    fields[.contentType] = type
    // A range is defined for GET alone.
    let mayBePart = request.method == .get && tag.allowsRange(request.headers)
    switch ByteRange(mayBePart ? request.headers[.range] : nil, size: bytes.size) {
    case .whole:
      self.init(status: .ok, headers: fields, body: Self.body(bytes, 0, bytes.size))
    case .part(let range):
      fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(bytes.size)"
      let count = range.upperBound - range.lowerBound + 1
      self.init(
        status: .partialContent,
        headers: fields,
        body: Self.body(bytes, range.lowerBound, count)
      )
    case .unsatisfiable:
      self.init(
        problem: ProblemDetails(
          .rangeNotSatisfiable,
          detail: "There are \(bytes.size) bytes, and the range begins behind them."
        )
      )
      headers[.contentRange] = "bytes */\(bytes.size)"
      headers[.acceptRanges] = "bytes"
    }
  }

  /// Reads a chunk when the one before is on its way: a slow client holds one, not the file.
  ///
  /// Chunks begin at multiples of their size, wherever the range does, so that they can be shared.
  private static func body(
    _ bytes: some ServedBytes,
    _ first: UInt64,
    _ count: UInt64
  ) -> ResponseBody {
    ResponseBody(contentLength: Int(count)) { writer in
      var position = first
      let end = first + count
      while position < end {
        let chunk = UInt64(OpenBundle.chunkSize)
        let size = Int(min(chunk - position % chunk, end - position))
        try await writer.write(try await bytes.read(from: position, count: size))
        position += UInt64(size)
      }
      try await writer.finish(nil)
    }
  }
}
