import NIOCore
import NIOHTTP1
import SyncProtocol

extension HTTPTransport {
  /// Shows the server that this is its application's client, and hears the same of the server.
  ///
  /// The challenge is good on its own connection alone.
  ///
  /// - Throws: `ClientError`, with code `refused` for a server that does not know the secret.
  func pair(_ pairing: ClientPairing) async throws -> PairingAnswer {
    do {
      let channel = try await connect(silence: .seconds(30))
      return try await channel.executeThenClose { inbound, outbound in
        var iterator = inbound.makeAsyncIterator()
        let challenge = try await ask(
          PairingChallenge.self,
          Request(path: Route.pairing),
          outbound,
          &iterator
        )
        let handshake = try PairingHandshake(pairing, challenge, at: endpoint)
        let answer = try await ask(
          PairingAnswer.self,
          .json(.POST, Route.pairing, try WireJSON.encode(handshake.proof)),
          outbound,
          &iterator
        )
        guard handshake.isServer(answer) else {
          throw ClientError(
            .refused,
            "\(endpoint) does not know the secret of \(pairing.application): another program "
              + "answers in the server's place."
          )
        }
        return answer
      }
    } catch  where Self.isBreak(error) {
      throw ClientError(.connection, "\(endpoint) broke the connection off (\(error)).")
    }
  }
}
