import HTTPTypes
import Hummingbird
import NIOCore
import ProjectModel
import Sessions
import SyncProtocol

/// The storage of a session: read, patched, and used by one process at a time.
struct SessionStorageRoutes: Sendable {
  let sessions: OpenSessions

  private static let path = "\(Route.sessions)/:id/storage"

  /// What the gate answers: processes read their storage all the time.
  var immediate: ImmediateRead {
    ImmediateRead(Self.path, .sessionMembers) { caller, name throws(ProblemDetails) in
      try read(SessionPath(name, for: caller))
    }
  }

  var endpoints: [Endpoint] {
    [
      Endpoint(
        immediate,
        [.patch: { request, context in try await patch(request, SessionPath(context)) }]
      ),
      Endpoint(
        path: "\(Self.path)/leases",
        access: .sessionMembers,
        methods: [.post: { request, context in try await use(request, SessionPath(context)) }]
      ),
      Endpoint(
        path: "\(Self.path)/leases/:lease",
        access: .sessionMembers,
        methods: [.delete: { _, context in try await endUse(SessionPath(context), context) }]
      ),
    ]
  }

  private func read(_ path: SessionPath) throws(ProblemDetails) -> ImmediateRead.Answer {
    do throws(SessionRefusal) {
      let storage = try sessions.storage(of: path.id, for: path.caller)
      return ImmediateRead.Answer(
        json: ByteBuffer(bytes: storage.value.bytes),
        tag: EntityTag(quoting: "\(storage.revision)")
      )
    } catch {
      throw ProblemDetails(error)
    }
  }

  /// A merge patch (RFC 7396), under a revision, a lease, both or none.
  private func patch(_ request: Request, _ path: SessionPath) async throws -> Response {
    try await path.check(.changeStorage, in: sessions)
    let patch: JSONValue
    do {
      patch = try JSONValue(reading: Array(try await request.bytes().readableBytesView))
    } catch let error as JSONSyntax.Failure {
      throw ProblemDetails(.badRequest, detail: "The body is not JSON: \(error.text).")
    }
    let expected = try Self.revision(request.headers[values: .ifMatch])
    let lease = try request.number("lease").map { UInt64($0) }
    let storage = try await refusing { () throws(SessionRefusal) in
      try sessions.patchStorage(
        of: path.id,
        with: patch,
        expecting: expected,
        lease: lease,
        for: path.caller
      )
    }
    return answer(storage, EntityTag(quoting: "\(storage.revision)"))
  }

  private func use(_ request: Request, _ path: SessionPath) async throws -> Response {
    try await path.check(.changeStorage, in: sessions)
    // In its place: whoever looks for the connection's end later must not find a body half read.
    var request = request
    request.body = RequestBody(buffer: try await request.bytes())
    let order = try await request.json(
      LeaseRequest.self,
      shape: "\"process\" with a number, \"durationMs\" with one, and \"waits\" as true or false"
    )
    do {
      return try answer(try await lease(order, path, waits: false))
    } catch let refusal as SessionRefusal {
      guard refusal == .inUse, order.waits ?? true else { throw ProblemDetails(refusal) }
      return try await waiting(request, order, path)
    }
  }

  /// Waits for the storage as long as somebody waits for the answer: a lease for whoever has gone
  /// would hold up all others.
  private func waiting(
    _ request: Request,
    _ order: LeaseRequest,
    _ path: SessionPath
  ) async throws -> Response {
    do {
      let granted: StorageLease = try await request.body.consumeWithCancellationOnInboundClose {
        _ in
        try await lease(order, path, waits: true)
      }
      // To look for the connection's end takes it.
      return try answer(granted, [.connection: "close"])
    } catch let refusal as SessionRefusal {
      throw ProblemDetails(refusal)
    } catch is CancellationError {
      // Nobody reads this, and no log tells it.
      throw ProblemDetails(SessionRefusal.inUse)
    }
  }

  private func lease(
    _ order: LeaseRequest,
    _ path: SessionPath,
    waits: Bool
  ) async throws(SessionRefusal) -> StorageLease {
    try await sessions.useStorage(
      of: path.id,
      by: ProcessReference(session: path.id, number: order.process),
      during: order.durationMs.map { .milliseconds($0) } ?? StorageLease.usual,
      waits: waits,
      for: path.caller
    )
  }

  private func answer(_ lease: StorageLease, _ fields: HTTPFields = [:]) throws -> Response {
    let left = max(.zero, lease.end - ContinuousClock().now) / .milliseconds(1)
    let answer = LeaseAnswer(lease: lease.id, durationMs: Int(left))
    var response = try Response(json: answer, status: .created)
    for field in fields { response.headers.append(field) }
    return response
  }

  private func endUse(_ path: SessionPath, _ context: CallContext) async throws -> Response {
    try await path.check(.changeStorage, in: sessions)
    let lease: UInt64 = try SessionPath.number("lease", of: "lease", in: context)
    try await refusing { () throws(SessionRefusal) in
      try sessions.endUse(lease, of: path.id, for: path.caller)
    }
    return Response(status: .noContent)
  }

  private func answer(_ storage: SharedObject, _ tag: EntityTag) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "application/json", .eTag: tag.text],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: storage.value.bytes))
    )
  }

  private static func revision(_ values: [String]) throws(ProblemDetails) -> UInt64? {
    guard let value = values.first else { return nil }
    guard values.count == 1, value.hasPrefix("\""), value.hasSuffix("\""), value.count > 2,
      let revision = UInt64(value.dropFirst().dropLast())
    else {
      throw ProblemDetails(.badRequest, detail: "If-Match names one revision, as ETag gave it.")
    }
    return revision
  }
}
