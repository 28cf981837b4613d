import NIOHTTP1
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
        return id.generation.gen > position.generation.gen ? "unknown-position" : nil
      }
    }
  }

  static let positionTwice = ProblemDetails(
    .badRequest,
    detail: "\"since\" stands in the query more than once."
  )

  let transport: StreamTransport
  let resume: Resume

  /// A client says where it was in the field that browsers repeat, or in the query.
  init(_ transport: StreamTransport, _ head: HTTPRequestHead, _ target: RequestTarget) {
    self.transport = transport
    resume = Resume(head.headers.first(name: "last-event-id") ?? target.query("since").first)
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
