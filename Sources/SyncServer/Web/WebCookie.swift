import NIOHTTP1

/// The cookie that leads a browser to its session: `4DSID_<name>`, as 4D calls it (4d-domain §9.5).
struct WebCookie: Hashable, Sendable {
  /// More of one name come from somebody who tries.
  private static let mostValues = 4
  private static let longestValue = 128

  let name: String

  /// Bytes that no cookie's name may have are escaped: two names stay two.
  init(_ name: String) {
    self.name = "4DSID_" + PercentCode.encode(name, leaving: Self.isToken)
  }

  /// What a browser sends under this name.
  func values(in headers: HTTPHeaders) -> [String] {
    var values: [String] = []
    for field in headers[canonicalForm: "cookie"] {
      let pairs = field.utf8.split(separator: UInt8(ascii: ";"))
      for pair in pairs.map({ $0.drop { $0 == UInt8(ascii: " ") } })
      where pair.starts(with: name.utf8)
        && pair.dropFirst(name.utf8.count).first == UInt8(ascii: "=")
      {
        let value = pair.dropFirst(name.utf8.count + 1)
        guard values.count < Self.mostValues, value.count <= Self.longestValue else { continue }
        values.append(String(decoding: value, as: UTF8.self))
      }
    }
    return values
  }

  /// The `Set-Cookie` field that gives it to a browser, until that is closed.
  func field(_ value: String, isSecure: Bool) -> String {
    "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
  }

  /// The field that takes it away.
  func removal(isSecure: Bool) -> String { field("", isSecure: isSecure) + "; Max-Age=0" }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
