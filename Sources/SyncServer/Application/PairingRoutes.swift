import Bundler
import HTTPTypes
import Hummingbird
import NIOPosix
import ProjectModel
import Sessions
import SyncProtocol

extension Request {
  /// The token of a pairing that the request shows.
  var pairingToken: String? {
    HTTPField.Name(PairingMessage.tokenField).flatMap { headers[$0] }
  }
}

/// The pairing of a merged application's clients, and the programs that it holds for them.
struct PairingRoutes: Sendable {
  let project: any ServedProject
  let sessions: OpenSessions
  /// `nil` on every other server.
  let pairings: Pairings?
  let downloads: Downloads
  /// The key that clients see; `nil` without TLS.
  let keyFingerprint: @Sendable () -> String?

  var endpoints: [Endpoint] {
    [
      Endpoint(
        path: Route.pairing,
        access: .everyone,
        methods: [
          .get: { _, context in try challenge(context.connection) },
          .post: { request, context in try await pair(request, context.connection) },
        ]
      ),
      .read("\(Route.updates)/:digest", .everyone) { request, context in
        try await update(request, context.parameter("digest"))
      },
    ]
  }

  private func challenge(_ connection: ConnectionIdentity) throws -> Response {
    let pairings = try pairings ?? refuse()
    let nonce = RandomText.hex(bytes: 32)
    connection.challenge(with: nonce)
    return try Response(
      json: PairingChallenge(
        application: pairings.application.name,
        serverID: project.serverID,
        nonce: nonce
      )
    )
  }

  private func pair(_ request: Request, _ connection: ConnectionIdentity) async throws -> Response {
    let pairings = try pairings ?? refuse()
    let challenge = connection.takeChallenge()
    let proof = try await request.json(
      PairingProof.self,
      shape: "\"nonce\" and \"code\", each 64 hexadecimal digits, \"version\" as a number, "
        + "\"platform\" as text and \"binding\" as authority, plain or key: and a fingerprint"
    )
    guard let challenge, proof.nonce.utf8.count == 64,
      proof.nonce.utf8.allSatisfy(RandomText.isHex)
    else { throw refused(pairings, connection) }
    let message = PairingMessage(
      application: pairings.application.name,
      serverID: project.serverID,
      serverNonce: challenge,
      clientNonce: proof.nonce,
      version: proof.version,
      binding: proof.binding
    )
    guard MessageAuthentication.areEqual(pairings.code(of: .client, for: message), proof.code)
    else { throw failed(pairings, connection) }
    guard isOurs(proof.binding) else {
      throw ProblemDetails(
        .pairingRequired,
        detail: "The client sees another TLS key than this server's: somebody stands in between, "
          + "or a proxy whose name no authority vouches for."
      )
    }
    let update = pairings.application.updates.first { $0.offer.platform == proof.platform }
    return try Response(
      json: PairingAnswer(
        code: pairings.code(of: .server, for: message),
        token: pairings.token(for: proof.version),
        versions: pairings.application.versions,
        update: update?.offer
      )
    )
  }

  /// Whether the client speaks to this server itself, as far as the client can see it.
  private func isOurs(_ binding: PairingBinding) -> Bool {
    switch binding {
    case .authority: true
    case .key(let fingerprint): fingerprint == keyFingerprint()
    case .plain: keyFingerprint() == nil
    }
  }

  /// Refuses a proof that does not hold: who goes on guessing waits.
  private func failed(_ pairings: Pairings, _ connection: ConnectionIdentity) -> ProblemDetails {
    let addressKey = "pairing " + connection.peer
    if let wait = sessions.beginAttempt([addressKey]) {
      var problem = ProblemDetails(
        .tooMany,
        detail: "Too many pairings from this address failed; wait before the next one."
      )
      problem.retryAfter = max(1, Int((wait / .seconds(1)).rounded(.up)))
      return problem
    }
    return refused(pairings, connection)
  }

  /// One sentence for every failure: it tells a guesser nothing.
  private func refused(_ pairings: Pairings, _ connection: ConnectionIdentity) -> ProblemDetails {
    connection.failed()
    return pairings.refusal
  }

  private func update(_ request: Request, _ digest: String) async throws -> Response {
    let pairings = try pairings ?? refuse()
    _ = try pairings.version(showing: request.pairingToken)
    guard let digest = Digest(hex: digest),
      let update = pairings.application.updates.first(where: { $0.offer.digest == digest })
    else {
      throw ProblemDetails(
        .notFound,
        detail: "The server holds no such client; pair again to hear what it holds."
      )
    }
    let archive = try await NIOThreadPool.singleton.runIfActive {
      try OpenBundle(opening: update.path, size: UInt64(update.offer.size))
    }
    return Response(
      serving: archive,
      as: "application/gzip",
      EntityTag(digest),
      digest,
      in: try downloads.enter(nil),
      to: request
    )
  }

  private func refuse<Value>() throws(ProblemDetails) -> Value {
    throw ProblemDetails(
      .notFound,
      detail: "This server belongs to no merged application; connect to it with `syncd connect`."
    )
  }
}
