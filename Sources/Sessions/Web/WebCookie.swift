/// The cookie by which a project's web sessions are known: `4DSID_<name>` (4d-domain §9.5).
package struct WebCookie: Hashable, Sendable {
  package let name: String

  /// What a cookie's name cannot hold becomes `_`, byte by byte.
  package init(projectName: String) {
    let bytes = projectName.utf8.map { Self.isToken($0) ? $0 : UInt8(ascii: "_") }
    name = "4DSID_" + String(decoding: bytes, as: UTF8.self)
  }

  /// The values of the cookie in a request, in their order; they are no more than claims.
  package func values(in header: String) -> [String] {
    header.utf8.split(separator: UInt8(ascii: ";")).compactMap { pair in
      let pair = pair.drop { $0 == UInt8(ascii: " ") }
      guard pair.starts(with: name.utf8) else { return nil }
      let rest = pair.dropFirst(name.utf8.count)
      // Anything longer was not made here.
      guard rest.first == UInt8(ascii: "="), rest.count == 33 else { return nil }
      return String(decoding: rest.dropFirst(), as: UTF8.self)
    }
  }

  /// The `Set-Cookie` field that gives a browser a value; `nil` takes the cookie away.
  ///
  /// Scripts do not see it, and other sites' forms do not send it. It ends with the browser: the
  /// server decides when a session is over.
  package func field(_ value: String?, isSecure: Bool) -> String {
    let end = value == nil ? "; Max-Age=0" : ""
    return "\(name)=\(value ?? "")\(end); Path=/; HttpOnly; SameSite=Lax"
      + (isSecure ? "; Secure" : "")
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
