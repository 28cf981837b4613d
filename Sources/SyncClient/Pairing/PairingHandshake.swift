import Bundler
import SyncProtocol

/// The client's side of a pairing on one connection.
struct PairingHandshake {
  let proof: PairingProof
  private let message: PairingMessage
  private let key: [UInt8]

  /// Computes the proof for a server's challenge.
  ///
  /// - Throws: `ClientError` with code `refused` for the server of another application: nothing is
  ///   shown to it.
  init(
    _ pairing: ClientPairing,
    _ challenge: PairingChallenge,
    over binding: PairingBinding,
    at endpoint: Endpoint
  ) throws(ClientError) {
    guard challenge.application == pairing.application else {
      throw ClientError(
        .refused,
        "\(endpoint) is the server of the application \(challenge.application); "
          + "this is a client of \(pairing.application)."
      )
    }
    key = Array(pairing.hardLink.utf8)
    message = PairingMessage(
      application: pairing.application,
      serverID: challenge.serverID,
      serverNonce: challenge.nonce,
      clientNonce: RandomHex.text(bytes: 32),
      version: pairing.version,
      binding: binding
    )
    proof = PairingProof(
      nonce: message.clientNonce,
      version: pairing.version,
      platform: pairing.platform,
      binding: binding,
      code: MessageAuthentication.code(for: message.bytes(of: .client), key: key)
    )
  }

  /// Whether the answer comes from somebody who knows the secret.
  func isServer(_ answer: PairingAnswer) -> Bool {
    let expected = MessageAuthentication.code(for: message.bytes(of: .server), key: key)
    return MessageAuthentication.areEqual(expected, answer.code)
  }
}
