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
  }

  let resume: Resume

  init(lastEventID: String?) {
    guard let lastEventID, !lastEventID.isEmpty else {
      resume = .fresh
      return
    }
    resume = EventID(lastEventID).map { .after($0) } ?? .unreadable
  }

  /// Whether the `Accept` fields, if any, let an event stream through.
  static func accepts(_ headers: HTTPHeaders) -> Bool {
    let ranges = headers[canonicalForm: "accept"]
    guard !ranges.isEmpty else { return true }
    return ranges.contains { range in
      let parts = range.split(separator: ";").map { $0.trimmingPrefix(while: \.isWhitespace) }
      guard let type = parts.first?.lowercased().split(separator: " ").first,
        ["*/*", "text/*", "text/event-stream"].contains(type)
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
