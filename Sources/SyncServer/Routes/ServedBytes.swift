import Bundler
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import ProjectModel
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
  ///
  /// - Parameters:
  ///   - bytes: what is served.
  ///   - type: its media type.
  ///   - tag: its entity tag.
  ///   - digest: SHA-256 of all the bytes, told as RFC 9530 has it.
  ///   - place: held until the last byte is on its way.
  ///   - request: what was asked.
  init(
    serving bytes: some ServedBytes,
    as type: String,
    _ tag: EntityTag,
    _ digest: Digest?,
    in place: Downloads.Place,
    to request: Request
  ) {
    var fields: HTTPFields = [
      .eTag: tag.text, .cacheControl: "public, max-age=31536000, immutable", .acceptRanges: "bytes",
    ]
    if tag.isHeld(by: request.headers) {
      self.init(status: .notModified, headers: fields)
      return
    }
    fields[.contentType] = type
    if let digest, let name = Self.representationDigest { fields[name] = Self.field(for: digest) }
    // A range is defined for GET alone.
    let mayBePart = request.method == .get && tag.allowsRange(request.headers)
    switch ByteRange(mayBePart ? request.headers[.range] : nil, size: bytes.size) {
    case .whole:
      if let digest, let name = Self.contentDigest { fields[name] = Self.field(for: digest) }
      self.init(status: .ok, headers: fields, body: Self.body(bytes, 0, bytes.size, place))
    case .part(let range):
      fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(bytes.size)"
      let count = range.upperBound - range.lowerBound + 1
      self.init(
        status: .partialContent,
        headers: fields,
        body: Self.body(bytes, range.lowerBound, count, place)
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

  private static let contentDigest = HTTPField.Name("Content-Digest")
  private static let representationDigest = HTTPField.Name("Repr-Digest")

  /// `sha-256=:…:` of RFC 9530.
  private static func field(for digest: Digest) -> String {
    "sha-256=:\(Data(digest.bytes).base64EncodedString()):"
  }

  /// Reads a chunk when the one before is on its way: a slow client holds one, not the file.
  ///
  /// Chunks begin at multiples of their size, wherever the range does, so that they can be shared.
  private static func body(
    _ bytes: some ServedBytes,
    _ first: UInt64,
    _ count: UInt64,
    _ place: Downloads.Place
  ) -> ResponseBody {
    ResponseBody(contentLength: Int(count)) { writer in
      defer { withExtendedLifetime(place) {} }
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
