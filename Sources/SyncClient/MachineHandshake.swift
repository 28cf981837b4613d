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
      clientNonce: Self.nonce(),
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

  private static func nonce() -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let text = String(random.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
  }
}
