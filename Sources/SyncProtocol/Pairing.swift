package import ProjectModel

/// What `GET /v1/pairing` answers on the server of a merged application: its half of the pairing.
///
/// Client and server hold the same secret, the application's HardLink (4d-domain §8). Neither
/// sends it: each proves it with a code over both nonces.
package struct PairingChallenge: Hashable, Sendable, Codable {
  /// The application's name, for the sentence that others are refused with.
  package let application: String
  package let serverID: String
  /// 32 random bytes in hexadecimal, good for one proof on this connection.
  package let nonce: String

  package init(application: String, serverID: String, nonce: String) {
    self.application = application
    self.serverID = serverID
    self.nonce = nonce
  }
}

/// The body of `POST /v1/pairing` on the same connection.
package struct PairingProof: Hashable, Sendable, Codable {
  /// 32 random bytes in hexadecimal.
  package let nonce: String
  /// The client's own version, its `CurrentVers`.
  package let version: Int
  /// What the client's programs are made for, as `UpdateOffer.platform`.
  package let platform: String
  package let binding: PairingBinding
  package let code: Digest

  package init(
    nonce: String,
    version: Int,
    platform: String,
    binding: PairingBinding,
    code: Digest
  ) {
    self.binding = binding
    self.nonce = nonce
    self.version = version
    self.platform = platform
    self.code = code
  }
}

/// The answer to a pairing that holds, also to a client whose version is out of range.
///
/// The client checks the server's code before it believes the rest.
package struct PairingAnswer: Hashable, Sendable, Codable {
  package let code: Digest
  /// Shown in `syncd-pairing` when a session is opened and when an update is fetched.
  package let token: String
  package let versions: ClientVersions
  /// The client that the server holds for this platform; `nil` when it holds none.
  package let update: UpdateOffer?

  package init(code: Digest, token: String, versions: ClientVersions, update: UpdateOffer?) {
    self.code = code
    self.token = token
    self.versions = versions
    self.update = update
  }
}

/// A client program that a server holds for its clients: `GET /v1/updates/{digest}`.
package struct UpdateOffer: Hashable, Sendable, Codable {
  package let application: String
  package let version: Int
  /// Operating system and processor, such as `linux-x86_64`.
  package let platform: String
  /// SHA-256 of the archive.
  package let digest: Digest
  /// Bytes of the archive.
  package let size: Int
  /// Ed25519 over `signedBytes`, 128 hexadecimal digits.
  package let signature: String

  package init(
    application: String,
    version: Int,
    platform: String,
    digest: Digest,
    size: Int,
    signature: String
  ) {
    self.application = application
    self.version = version
    self.platform = platform
    self.digest = digest
    self.size = size
    self.signature = signature
  }

  /// What is signed: the archive, and what it is for, so that none can stand in for another.
  package var signedBytes: [UInt8] {
    let lines = [
      "syncd-update-1", application, "\(version)", platform, digest.hex, "\(size)",
    ]
    return Array(lines.joined(separator: "\n").utf8)
  }
}

/// Over what the client speaks to the server: a relay that has no part in the secret must not be
/// able to stand between the two.
package enum PairingBinding: Hashable, Sendable {
  /// The authorities vouch for the server's name; a proxy may have the key.
  case authority
  /// The SHA-256 of the public key that the client sees, in hexadecimal.
  case key(String)
  /// Without TLS, on the machine itself.
  case plain

  /// The word on the wire and in the code.
  package var text: String {
    switch self {
    case .authority: "authority"
    case .key(let fingerprint): "key:\(fingerprint)"
    case .plain: "plain"
    }
  }
}

extension PairingBinding: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    switch text {
    case "authority": self = .authority
    case "plain": self = .plain
    case _ where text.hasPrefix("key:"): self = .key(String(text.dropFirst(4)))
    default:
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "authority, plain, or key: and a fingerprint"
      )
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// The bytes that the codes of a pairing are computed over.
package struct PairingMessage: Hashable, Sendable {
  package enum Side: String, Sendable {
    case client
    case server
  }

  /// The field of a request that carries the token of a pairing.
  package static let tokenField = "syncd-pairing"

  package let application: String
  package let serverID: String
  package let serverNonce: String
  package let clientNonce: String
  package let version: Int
  package let binding: PairingBinding

  package init(
    application: String,
    serverID: String,
    serverNonce: String,
    clientNonce: String,
    version: Int,
    binding: PairingBinding
  ) {
    self.binding = binding
    self.application = application
    self.serverID = serverID
    self.serverNonce = serverNonce
    self.clientNonce = clientNonce
    self.version = version
  }

  /// The message of one side; the two differ, so that neither can be sent back as the other.
  package func bytes(of side: Side) -> [UInt8] {
    let lines = [
      "syncd-pairing-1", side.rawValue, application, serverID, serverNonce, clientNonce,
      "\(version)", binding.text,
    ]
    return Array(lines.joined(separator: "\n").utf8)
  }
}
