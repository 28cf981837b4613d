import NIOHTTP1
import Sessions
import SyncProtocol

/// What a client says when it opens an event stream.
struct StreamRequest {
  enum Resume: Hashable {
    /// Nothing to resume.
    case fresh
    case after(EventID)
    /// A position that this version cannot read.
    case unreadable

    init(_ text: String?) {
      guard let text, !text.isEmpty else {
        self = .fresh
        return
      }
      self = EventID(text).map { .after($0) } ?? .unreadable
    }

    /// Why a client must forget its position, once the current one is known.
    func resetReason(at position: EventID) -> String? {
      switch self {
      case .fresh: return nil
      case .unreadable: return "unknown-position"
      case .after(let id):
        if id.generation.epoch != position.generation.epoch { return "epoch-changed" }
        let isAhead =
          id.generation.gen > position.generation.gen || id.serial > position.serial
        return isAhead ? "unknown-position" : nil
      }
    }
  }

  let transport: StreamTransport
  let resume: Resume
  /// The session, by its id or as `self`, whose own events are asked for.
  let session: String?
  let topics: TopicFilter

  /// A client says where it was in the field that browsers repeat, or in the query.
  init(_ transport: StreamTransport, _ head: HTTPRequestHead, _ target: RequestTarget) {
    self.transport = transport
    resume = Resume(head.headers.first(name: "last-event-id") ?? target.query("since").first)
    session = target.query("session").first
    topics = (try? TopicFilter(target.query("topics").first)) ?? .all
  }

  /// Why the query of a request cannot be meant.
  static func refusal(of target: RequestTarget) -> ProblemDetails? {
    let twice = ["since", "session", "topics"].first { target.query($0).count > 1 }
    if let twice {
      return ProblemDetails(.badRequest, detail: "\"\(twice)\" stands in the query more than once.")
    }
    do throws(ProblemDetails) {
      _ = try TopicFilter(target.query("topics").first)
      return nil
    } catch {
      return error
    }
  }

  /// The session whose own events a caller gets, without being its client: the one that it has named,
  /// and of a hook its own.
  ///
  /// - Throws: `not-found` for one that there is not or that is not the caller's to see.
  static func subject(
    _ name: String?,
    of caller: Caller,
    in sessions: OpenSessions
  ) throws(ProblemDetails) -> SessionID? {
    guard let name else { return caller.hook?.session }
    let path = try SessionPath(name, for: caller)
    do throws(SessionRefusal) {
      try sessions.check(.info, of: path.id, for: path.caller)
    } catch {
      throw ProblemDetails(error)
    }
    return path.id
  }

  /// Whether the `Accept` fields, if any, let an event stream through.
  static func acceptsStream(_ headers: HTTPHeaders) -> Bool {
    accepts(["*/*", "text/*", "text/event-stream"], headers)
  }

  /// Whether they let a long-poll's answer through.
  static func acceptsPoll(_ headers: HTTPHeaders) -> Bool {
    accepts(["application/*", "application/json"], headers)
  }

  private static func accepts(_ types: Set<String>, _ headers: HTTPHeaders) -> Bool {
    let ranges = headers[canonicalForm: "accept"]
    guard !ranges.isEmpty else { return true }
    return ranges.contains { range in
      let parts = range.split(separator: ";").map { $0.trimmingPrefix(while: \.isWhitespace) }
      guard let type = parts.first?.lowercased().split(separator: " ").first,
        types.contains(String(type))
      else { return false }
      return !parts.dropFirst().contains { isZeroQuality($0) }
    }
  }

  private static func isZeroQuality(_ parameter: Substring) -> Bool {
    let pair = parameter.lowercased().split(separator: "=", maxSplits: 1)
    guard pair.count == 2, pair[0] == "q", let quality = Double(pair[1]) else { return false }
    return quality == 0
  }
}
