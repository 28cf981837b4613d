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

  let path: String
  let access: Access
  /// Neither waits nor computes for long.
  let answer: @Sendable () throws(ProblemDetails) -> Answer
}
