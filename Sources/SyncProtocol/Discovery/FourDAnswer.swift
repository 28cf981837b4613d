import Foundation

/// What a 4D Server answers to its own discovery datagram (4d-domain §7.2).
package struct FourDAnswer: Hashable, Sendable {
  package let era: FourDQuery.Era
  package let host: String
  package let database: String
  /// `nil` where the answer does not say: before QUIC it is the port that was asked.
  package let port: Int?

  private struct Content: Codable {
    let host: String
    let service: String
    let database: String
    let port: Int
  }

  package init(_ era: FourDQuery.Era, host: String, database: String, port: Int) {
    self.era = era
    self.host = host
    self.database = database
    self.port = era == .quic ? port : nil
  }

  /// Reads a datagram of either kind from anybody; `nil` for anything else.
  package init?(_ datagram: [UInt8]) {
    if let quic = Self.quic(datagram) {
      self = quic
    } else if datagram.count == FourDQuery.size, datagram.first != UInt8(ascii: "{") {
      era = .serverNet
      host = Self.field(datagram[..<FourDQuery.fieldSize])
      database = Self.field(datagram[(2 * FourDQuery.fieldSize)...])
      port = nil
      guard !database.isEmpty else { return nil }
    } else {
      return nil
    }
  }

  /// The datagram, never longer than the query; names are cut between two characters to fit.
  package var datagram: [UInt8] {
    switch era {
    case .serverNet:
      return [host, "", database].flatMap { text in
        let name = MacRoman.encode(text).prefix(FourDQuery.fieldSize - 1)
        return name + [UInt8](repeating: 0, count: FourDQuery.fieldSize - name.count)
      }
    case .quic:
      let room = FourDQuery.size - Self.object("", "", port ?? 0).count
      // A long name leaves the host half of the room: without it nobody knows where the server is.
      let kept = min(Self.quoted(host).utf8.count - 2, room / 2)
      let database = Self.fitting(database, room - kept)
      let used = Self.object("", database, port ?? 0)
      return Self.object(Self.fitting(host, FourDQuery.size - used.count), database, port ?? 0)
    }
  }

  private static func object(_ host: String, _ database: String, _ port: Int) -> [UInt8] {
    let service = quoted(FourDQuery.Era.quic.rawValue)
    let names = "\"host\":\(quoted(host)),\"service\":\(service),\"database\":\(quoted(database))"
    return Array("{\(names),\"port\":\(port)}".utf8)
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      // A name needs no control characters, and escaped ones would be long.
      quoted.unicodeScalars.append(scalar.value < 0x20 ? " " : scalar)
    }
    return quoted + "\""
  }

  /// The longest start of a text whose JSON string has so many bytes between its quotes.
  private static func fitting(_ text: String, _ most: Int) -> String {
    var text = DatagramText.clip(text, to: max(0, most))
    while quoted(text).utf8.count - 2 > most { text.removeLast() }
    return text
  }

  private static func quic(_ datagram: [UInt8]) -> FourDAnswer? {
    guard datagram.count <= DiscoveryAnswer.mostBytes,
      let start = datagram.firstIndex(of: UInt8(ascii: "{")),
      let end = datagram.lastIndex(of: UInt8(ascii: "}")), start < end,
      let content = try? JSONDecoder().decode(Content.self, from: Data(datagram[start...end])),
      content.service == FourDQuery.Era.quic.rawValue, (1...65_535).contains(content.port)
    else { return nil }
    return FourDAnswer(
      .quic,
      host: DatagramText.harmless(content.host),
      database: DatagramText.harmless(content.database),
      port: content.port
    )
  }

  private static func field(_ bytes: ArraySlice<UInt8>) -> String {
    DatagramText.harmless(MacRoman.decode(bytes.prefix { $0 != 0 }))
  }
}
