/// A place on this server, for a `Location` field.
enum OwnPlace {
  /// A path, and a query if there is one, that browsers take for one of this server: two slashes at
  /// its beginning would lead to another.
  static func of(_ target: some StringProtocol) -> String {
    PercentCode.encode("/" + target.drop { $0 == "/" || $0 == "\\" }) { byte in
      (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
    }
  }

  /// The same as the value of a parameter.
  static func escaped(_ target: some StringProtocol) -> String {
    PercentCode.encode(of(target)) { byte in
      switch byte {
      case 0x2D...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0x7E: true
      default: false
      }
    }
  }
}
