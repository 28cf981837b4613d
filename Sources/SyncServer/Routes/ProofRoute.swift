import Bundler
import Hummingbird
import NIOCore
import NIOPosix
import SyncProtocol

/// The proof that a client on loopback TCP is on the server's machine and in its account.
///
/// Whoever knows the secret of `projectToken.json` could stand behind a relay; the ports in the code
/// and the owner of the peer's socket, which the kernel knows, say that it does not.
struct ProofRoute: Sendable {
  private static let refusal = ProblemDetails(
    .sameMachineOnly,
    detail: "This connection is not proven to come from the server's own machine and account."
  )

  let project: any ServedProject
  let ownUser: UInt32
  let counters: ServerCounters

  var endpoint: Endpoint {
    Endpoint(
      path: Route.proof,
      access: .everyone,
      methods: [
        .get: { _, context in try challenge(context.connection) },
        .post: { request, context in try await prove(request, context.connection) },
      ]
    )
  }

  private func challenge(_ connection: ConnectionIdentity) throws -> Response {
    guard isPossible(connection) else { throw refused(connection) }
    let nonce = RandomText.hex(bytes: 32)
    connection.challenge(with: nonce)
    return try Response(json: MachineChallenge(serverID: project.serverID, nonce: nonce))
  }

  private func prove(_ request: Request, _ connection: ConnectionIdentity) async throws -> Response
  {
    let challenge = connection.takeChallenge()
    let proof = try await request.json(
      MachineProof.self,
      shape: "\"nonce\" and \"code\", each 64 hexadecimal digits"
    )
    guard let challenge, let secret = project.machineSecret, isPossible(connection),
      proof.nonce.utf8.count == 64, proof.nonce.utf8.allSatisfy(RandomText.isHex),
      let server = connection.local, let client = connection.remote,
      let serverPort = server.port, let clientPort = client.port
    else { throw refused(connection) }
    let message = ProofMessage(
      serverID: project.serverID,
      serverNonce: challenge,
      clientNonce: proof.nonce,
      serverPort: serverPort,
      clientPort: clientPort
    )
    let expected = MessageAuthentication.code(for: message.bytes(of: .client), key: secret)
    guard MessageAuthentication.areEqual(expected, proof.code) else { throw refused(connection) }
    let owner = try await NIOThreadPool.singleton.runIfActive {
      SocketTable.current().owner(of: client, connectedTo: server)
    }
    guard owner == ownUser else { throw refused(connection) }
    connection.proven()
    return try Response(
      json: MachineProofAnswer(
        code: MessageAuthentication.code(for: message.bytes(of: .server), key: secret)
      )
    )
  }

  private func isPossible(_ connection: ConnectionIdentity) -> Bool {
    // A listener of the network proves nothing, also when it is reached over loopback.
    guard !connection.isFromNetwork, let secret = project.machineSecret, secret.count >= 16,
      let server = connection.local?.ipAddress, let client = connection.remote?.ipAddress
    else { return false }
    return Authority.isLoopback(address: server) && Authority.isLoopback(address: client)
  }

  /// One sentence for every failure: it tells a guesser nothing.
  private func refused(_ connection: ConnectionIdentity) -> ProblemDetails {
    connection.failed()
    counters.refusedProofs.add()
    return Self.refusal
  }
}
