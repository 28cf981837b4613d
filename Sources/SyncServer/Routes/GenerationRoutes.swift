import Bundler
import HTTPTypes
import Hummingbird
import ProjectModel
import SyncProtocol

/// Who is there and what is published: what every client may ask.
struct GenerationRoutes: Sendable {
  private static let features = [
    "barriers", "bundles", "catalog", "deltas", "directory", "events", "inventory", "locks",
    "long-poll",
    "manifests", "pairing", "proof", "ranges", "reload", "sessions", "websocket",
  ]

  private static let limits = Hello.Limits(
    head: ConnectionSetup.headerBytes,
    body: BodyLimit.usual,
    barrierBody: BodyLimit.of(Route.barriers),
    editBody: BodyLimit.of(Route.catalogOperations),
    requests: RequestsInFlight.mostOfSession,
    downloads: Downloads.mostOfSession
  )

  let project: any ServedProject
  let version: String
  /// The name of the merged application whose server this is.
  let application: String?
  private let encodedHello = EncodedAnswer<HelloState>()
  private let encodedCurrent = EncodedAnswer<GenerationRecord>()

  init(project: any ServedProject, version: String, application: String?) {
    self.application = application
    self.project = project
    self.version = version
  }

  /// What hello's answer follows from.
  private struct HelloState: Hashable {
    let generation: GenerationRecord?
    let asksForPassword: Bool
  }

  /// What the gate answers: what clients ask for most often.
  var immediate: [ImmediateRead] {
    [
      ImmediateRead(Route.hello, .everyone) { _, _ throws(ProblemDetails) in try hello() },
      ImmediateRead(Route.currentGeneration, .clients) { _, _ throws(ProblemDetails) in
        try current()
      },
    ]
  }

  var endpoints: [Endpoint] {
    immediate.map { Endpoint($0) } + [
      .read("\(Route.generations)/:generation", .clients) { request, context in
        try await generation(request, context.parameter("generation"))
      },
      .read(Route.currentInventory, .clients) { request, _ in try await inventory(request) },
    ]
  }

  private func hello() throws(ProblemDetails) -> ImmediateRead.Answer {
    let state = HelloState(
      generation: project.current(),
      asksForPassword: project.designerHasPassword
    )
    let json = try encodedHello.json(for: state) { state in
      try WireJSON.encode(
        Hello(
          version: version,
          serverID: project.serverID,
          project: project.name,
          epoch: state.generation?.epoch,
          gen: state.generation?.gen,
          features: Self.features,
          auth: (application == nil ? [] : [.pairing]) + (state.asksForPassword ? [.password] : []),
          limits: Self.limits,
          application: application
        )
      )
    }
    return ImmediateRead.Answer(json: json)
  }

  private func current() throws(ProblemDetails) -> ImmediateRead.Answer {
    guard let record = project.current() else {
      throw ProblemDetails(
        .building,
        detail: "The first generation is still being built; ask again in a moment."
      )
    }
    let json = try encodedCurrent.json(for: record) { try WireJSON.encode($0) }
    return ImmediateRead.Answer(json: json, tag: EntityTag(record.digest))
  }

  private func inventory(_ request: Request) async throws -> Response {
    let inventory = try await project.inventory()
    // The answer names the generation too.
    let parts = inventory.digest.hex + (inventory.generation ?? "")
    return try EntityTag(SHA256.digest(of: Array(parts.utf8))).answer(inventory, to: request)
  }

  private func generation(_ request: Request, _ text: String) async throws -> Response {
    guard let id = GenerationID(text) else {
      throw ProblemDetails(
        .notFound,
        detail: "A generation is named EPOCH:GEN, or current for the newest."
      )
    }
    return try answer(try await project.generation(id), to: request)
  }

  private func answer(_ record: GenerationRecord, to request: Request) throws -> Response {
    try EntityTag(record.digest).answer(record, to: request)
  }
}
