import Bundler
import NIOCore
import NIOHTTP1
import NIOSSL
import ProjectModel
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
        let binding = try await binding(of: channel.channel)
        let handshake = try PairingHandshake(pairing, challenge, over: binding, at: endpoint)
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

  /// Over what a connection goes: who is in between has another key.
  private func binding(of channel: any NIOCore.Channel) async throws -> PairingBinding {
    guard case .tcp(let address) = endpoint, trust.speaksTLS(to: address) else { return .plain }
    // Without pins the authorities have vouched for the name.
    guard let servers = trust.knownServers else { return .authority }
    let certificate = try await channel.nioSSL_peerCertificate().get()
    guard let key = try certificate?.extractPublicKey().toSPKIBytes() else { return .authority }
    let fingerprint = SHA256.digest(of: key).hex
    let pinned = try trust.heldPins?.all[address] ?? servers.fingerprint(of: address)
    return pinned == fingerprint ? .key(fingerprint) : .authority
  }
}
