/// Reads port numbers as people and 4D write them.
enum PortNumber {
  /// Digits alone, 1 to 65535; `nil` for anything else.
  static func read(_ text: some StringProtocol) -> Int? {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(text), (1...65_535).contains(port)
    else { return nil }
    return port
  }
}
