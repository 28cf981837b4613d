import Foundation
import NIOCore
import SyncProtocol
import Synchronization

/// The JSON of an answer that stays the same for as long as what it is made from does.
///
/// Encoding is the most expensive part of a small answer, and everybody is given the same one.
final class EncodedAnswer<Source: Hashable & Sendable>: Sendable {
  private struct Made {
    let source: Source
    let json: ByteBuffer
  }

  private let made = Mutex<Made?>(nil)

  /// The encoded answer for a source; made when the source is another one than before.
  ///
  /// - Throws: `internal` when the value cannot be written as JSON.
  func json(
    for source: Source,
    encode: (Source) throws -> Data
  ) throws(ProblemDetails) -> ByteBuffer {
    if let made = made.withLock({ $0 }), made.source == source { return made.json }
    do {
      let json = ByteBuffer(bytes: try encode(source))
      made.withLock { $0 = Made(source: source, json: json) }
      return json
    } catch {
      throw ProblemDetails(.internalError, detail: "The server cannot encode its answer: \(error)")
    }
  }
}
