import Foundation
import NIOCore
import SyncProtocol

/// A resource whose answer lies ready: the gate gives it itself.
///
/// A request for it never reaches the router, whose task costs several times what the answer does.
struct ImmediateRead: Sendable {
  struct Answer {
    let json: ByteBuffer
    /// `nil` for what nobody keeps.
    var tag: EntityTag?
  }

  /// Neither waits nor computes for long; it is given who asks, and what stands in the path's place
  /// for a name.
  typealias Handler = @Sendable (Caller, _ name: String) throws(ProblemDetails) -> Answer

  /// With one part of the form `:name` at most.
  let path: String
  let access: Access
  let answer: Handler
  private let prefix: String
  /// What follows the name; `nil` for a path without one.
  private let suffix: String?

  init(_ path: String, _ access: Access, answer: @escaping Handler) {
    self.path = path
    self.access = access
    self.answer = answer
    let parts = path.split(separator: ":", maxSplits: 1)
    prefix = String(parts[0])
    suffix = parts.count == 2 ? String(parts[1].drop { $0 != "/" }) : nil
  }

  /// The name in a request's path, empty where there is none to be; `nil` for another resource.
  func name(in asked: Substring) -> String? {
    guard let suffix else { return asked == prefix ? "" : nil }
    guard asked.utf8.count > prefix.utf8.count + suffix.utf8.count, asked.hasPrefix(prefix),
      asked.hasSuffix(suffix)
    else { return nil }
    let name = asked.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
    guard !name.contains(UInt8(ascii: "/")) else { return nil }
    return String(Substring(name)).removingPercentEncoding
  }
}
