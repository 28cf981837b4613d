import Foundation

/// A request's target: `/path?query`, or the absolute form that names a host too.
struct RequestTarget: Hashable {
  /// The host that the absolute form names; it then counts beside the `Host` header.
  let authority: String?
  /// Path and query.
  let resource: String

  init(_ uri: String) {
    let schemes = ["http://", "https://"]
    guard uri.utf8.first != UInt8(ascii: "/"),
      let scheme = schemes.first(where: { uri.prefix($0.count).lowercased() == $0 })
    else {
      authority = nil
      resource = uri
      return
    }
    let rest = uri.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    authority = String(rest[..<end])
    resource = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
  }

  var path: Substring {
    resource[..<(resource.utf8.firstIndex(of: UInt8(ascii: "?")) ?? resource.endIndex)]
  }

  /// Whether a path is written as resources are: without an empty part, also at its end.
  static func isExact(_ path: String) -> Bool {
    path == "/" || !path.hasSuffix("/") && !path.contains("//")
  }

  /// The values of a parameter of the query, whose name is written there without escapes; one with
  /// broken escapes as it stands there.
  func query(_ name: String) -> [String] {
    resource.dropFirst(path.count + 1).split(separator: "&").compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == name else { return nil }
      return parts[1].removingPercentEncoding ?? String(parts[1])
    }
  }
}
