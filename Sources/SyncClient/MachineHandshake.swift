import Bundler
import SyncProtocol

/// The client's side of the same-machine proof on one connection.
struct MachineHandshake {
  let proof: MachineProof
  private let message: ProofMessage
  private let secret: [UInt8]

  /// Computes the proof; the ports are those of the connection as this side's kernel has them.
  init(_ challenge: MachineChallenge, token: MachineToken, serverPort: Int, clientPort: Int) {
    secret = token.secret
    message = ProofMessage(
      serverID: challenge.serverID,
      serverNonce: challenge.nonce,
      clientNonce: RandomHex.text(bytes: 32),
      serverPort: serverPort,
      clientPort: clientPort
    )
    proof = MachineProof(
      nonce: message.clientNonce,
      code: MessageAuthentication.code(for: message.bytes(of: .client), key: secret)
    )
  }

  /// Whether the answer comes from somebody who knows the secret.
  func isServer(_ answer: MachineProofAnswer) -> Bool {
    let expected = MessageAuthentication.code(for: message.bytes(of: .server), key: secret)
    return MessageAuthentication.areEqual(expected, answer.code)
  }
}
