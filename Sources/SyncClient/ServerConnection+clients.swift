import NIOHTTP1
package import SyncProtocol

/// The clients administration.
extension ServerConnection {
  package func clients() async throws -> ClientList {
    try await get(ClientList.self, Route.clients)
  }

  package func send(_ message: ClientMessageRequest) async throws {
    try await perform(.json(.POST, Route.clientMessages, try WireJSON.encode(message)))
  }

  /// Ends a client's session, or its event stream where it has none.
  package func dropClient(_ id: String) async throws {
    let isPlain = id.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
      default: false
      }
    }
    guard isPlain, !id.isEmpty else {
      throw ClientError(.refused, "\(id) is no client's id: `syncd clients` lists them.")
    }
    try await perform(.init(method: .DELETE, path: "\(Route.clients)/\(id)"))
  }

  package func setAdmission(_ admission: ClientAdmission) async throws {
    try await perform(.json(.PUT, Route.clientAdmission, try WireJSON.encode(admission)))
  }
}
