/// The datagram with which a server says that it is there: a hint, nothing secret; `hello` decides.
package struct DiscoveryAnswer: Hashable, Sendable {
  package static let mostBytes = 512
  private static let magic = Array("syncd-a\0".utf8)
  private static let headSize = 48
  private static let mostName = 190
  private static let mostID = 64

  package let nonce: [UInt8]
  /// What people look for.
  package let publicationName: String
  package let project: String
  package let serverID: String
  /// The TCP port of the API.
  package let port: Int
  package let api: Hello.APIRange
  package let usesTLS: Bool
  /// `nil` until the first generation is published.
  package let generation: GenerationID?

  /// Answers a query; names that are too long for a datagram are cut between two characters.
  package init(
    to query: DiscoveryQuery,
    publicationName: String,
    project: String,
    serverID: String,
    port: Int,
    api: Hello.APIRange = Hello.supportedAPI,
    usesTLS: Bool,
    generation: GenerationID?
  ) {
    nonce = query.nonce
    self.publicationName = DatagramText.clip(publicationName, to: Self.mostName)
    self.project = DatagramText.clip(project, to: Self.mostName)
    self.serverID = DatagramText.clip(serverID, to: Self.mostID)
    self.port = port
    self.api = api
    self.usesTLS = usesTLS
    self.generation = generation
  }

  package var datagram: [UInt8] {
    let flags: UInt8 = (usesTLS ? 1 : 0) | (generation == nil ? 0 : 2)
    var bytes = Self.magic + [DiscoveryQuery.version, flags]
    bytes += Self.bytes(UInt16(clamping: port))
    bytes += [UInt8(clamping: api.min), UInt8(clamping: api.max), 0, 0] + nonce
    bytes += Self.bytes(generation?.epoch ?? 0) + Self.bytes(generation?.gen ?? 0)
    for text in [serverID, project, publicationName] {
      bytes.append(UInt8(clamping: text.utf8.count))
      bytes += text.utf8
    }
    return bytes
  }

  /// Reads a datagram from anybody; `nil` for anything but a whole answer of this version.
  ///
  /// Bytes behind the last field are a later version's. The names are made harmless to show.
  package init?(_ datagram: [UInt8]) {
    guard (Self.headSize...Self.mostBytes).contains(datagram.count),
      datagram.starts(with: Self.magic), datagram[8] == DiscoveryQuery.version
    else { return nil }
    let port = Int(Self.number(datagram[10..<12]))
    guard port > 0, datagram[12] <= datagram[13] else { return nil }
    var rest = datagram[Self.headSize...]
    guard let serverID = Self.text(&rest), let project = Self.text(&rest),
      let name = Self.text(&rest), !serverID.isEmpty, !name.isEmpty
    else { return nil }
    self.port = port
    self.serverID = serverID
    self.project = project
    publicationName = name
    api = Hello.APIRange(min: Int(datagram[12]), max: Int(datagram[13]))
    usesTLS = datagram[9] & 1 != 0
    nonce = Array(datagram[16..<32])
    let id = GenerationID(
      epoch: Self.number(datagram[32..<40]),
      gen: Self.number(datagram[40..<48])
    )
    generation = datagram[9] & 2 != 0 ? id : nil
  }

  private static func bytes(_ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    stride(from: number.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: number >> $0)
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard let count = rest.popFirst(), rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return String(validating: rest.prefix(Int(count)), as: UTF8.self).map(DatagramText.harmless)
  }
}
