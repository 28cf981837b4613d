import HTTPTypes
import ProjectModel

/// A strong entity tag made of a digest, and the conditions that clients put on it.
struct EntityTag: Hashable, Sendable {
  let text: String

  init(_ digest: Digest) { text = "\"\(digest)\"" }

  /// Whether `If-None-Match` says that the client has this already (weak comparison).
  func isHeld(by fields: HTTPFields) -> Bool {
    fields[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.contains { part in
      let tag = part.trimmingPrefix(while: \.isWhitespace).split(separator: " ").first ?? ""
      return tag == "*" || tag == text || tag == "W/" + text
    }
  }

  /// Whether `If-Range`, if any, lets a `Range` count (strong comparison; a date never does).
  func allowsRange(_ fields: HTTPFields) -> Bool {
    guard let condition = fields[.ifRange] else { return true }
    return condition == text
  }
}
