package import ProjectModel

/// What `GET /v1/proof` answers: the server's half of the proof that both are on one machine.
///
/// Both sides compute codes under the secret of `projectToken.json`; they hold for this connection
/// alone, because its two ports are in them. The client's port is what its own kernel says.
package struct MachineChallenge: Hashable, Sendable, Codable {
  package let serverID: String
  /// 32 random bytes in hexadecimal, good for one proof on this connection.
  package let nonce: String

  package init(serverID: String, nonce: String) {
    self.serverID = serverID
    self.nonce = nonce
  }
}

/// The body of `POST /v1/proof` on the same connection.
package struct MachineProof: Hashable, Sendable, Codable {
  /// 32 random bytes in hexadecimal.
  package let nonce: String
  package let code: Digest

  package init(nonce: String, code: Digest) {
    self.nonce = nonce
    self.code = code
  }
}

/// The answer to a proof that holds: the connection is a same-machine client's from now on.
///
/// The client checks the server's code before it believes anything else from this connection.
package struct MachineProofAnswer: Hashable, Sendable, Codable {
  package let code: Digest

  package init(code: Digest) { self.code = code }
}

/// The bytes that the codes of a proof are computed over.
package struct ProofMessage: Hashable, Sendable {
  package enum Side: String, Sendable {
    case client
    case server
  }

  package let serverID: String
  package let serverNonce: String
  package let clientNonce: String
  package let serverPort: Int
  package let clientPort: Int

  package init(
    serverID: String,
    serverNonce: String,
    clientNonce: String,
    serverPort: Int,
    clientPort: Int
  ) {
    self.serverID = serverID
    self.serverNonce = serverNonce
    self.clientNonce = clientNonce
    self.serverPort = serverPort
    self.clientPort = clientPort
  }

  /// The message of one side; the two differ, so that neither can be sent back as the other.
  package func bytes(of side: Side) -> [UInt8] {
    let lines = [
      "syncd-proof-1", side.rawValue, serverID, serverNonce, clientNonce, "\(serverPort)",
      "\(clientPort)",
    ]
    return Array(lines.joined(separator: "\n").utf8)
  }
}
