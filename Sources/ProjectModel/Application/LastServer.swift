/// `lastServer.xml`: the last server that a merged client worked with (4d-domain §8).
///
/// It is written as the link that leads there, so that whatever reads links reads it too.
package struct LastServer: Hashable, Sendable {
  package static let fileName = "lastServer.xml"

  /// The name that the server is published under.
  package let name: String
  /// `host:port`.
  package let address: String

  package init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  /// Reads a file; `nil` for what is none, as after a crash or by another hand.
  package init?(reading bytes: [UInt8]) {
    guard let link = try? DatabaseLink(reading: bytes),
      case .address(let address, let name?)? = try? link.destination()
    else { return nil }
    self.init(name: name, address: address)
  }

  /// The file's text; `nil` when the name or the address is empty or not for XML.
  package var text: String? { (try? DatabaseLink(server: name, at: address))?.text }
}
