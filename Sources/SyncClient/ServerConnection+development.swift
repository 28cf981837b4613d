import NIOHTTP1
package import ProjectModel
package import SyncProtocol

/// Sessions, and what the development mode may do.
extension ServerConnection {
  /// Saves all: waits until everything written before the call is published.
  package func saveAll(_ request: BarrierRequest = BarrierRequest()) async throws -> BarrierResult {
    try await call(
      BarrierResult.self,
      .json(.POST, Route.barriers, try WireJSON.encode(request))
        .waiting(request.deadlineMs ?? BarrierRequest.defaultDeadlineMs)
    )
  }

  package func inventory() async throws -> Inventory {
    try await get(Inventory.self, Route.currentInventory)
  }

  // MARK: Sessions

  /// Opens a session; its token goes into `inSession(_:)`.
  package func openSession(_ request: SessionRequest) async throws -> ClientSession {
    var order = HTTPTransport.Request.json(.POST, Route.sessions, try WireJSON.encode(request))
    if let pairing {
      let answer = try await transport.pair(pairing)
      order.headers.append((PairingMessage.tokenField, answer.token))
      pairing.offered(answer.update)
    }
    return try await call(ClientSession.self, order)
  }

  package func session() async throws -> ClientSession {
    try await get(ClientSession.self, Route.ownSession)
  }

  /// Asks for the development mode after the challenge's file is written.
  package func startDevelopment() async throws -> ClientSession {
    try await call(ClientSession.self, .init(method: .POST, path: Route.ownDevelopment))
  }

  /// Tells the server which generation this client has now: it is the one that the session keeps.
  package func stay(on record: GenerationRecord) async throws {
    let body = try WireJSON.encode(StayRequest(generation: record.id))
    _ = try await call(ClientSession.self, .json(.PUT, Route.ownGeneration, body))
  }

  package func closeSession() async throws {
    try await perform(.init(method: .DELETE, path: Route.ownSession))
  }

  // MARK: Locks

  package func locks() async throws -> LockList { try await get(LockList.self, Route.locks) }

  package func lock(_ target: LockTarget) async throws -> LockRecord {
    try await call(LockRecord.self, .json(.POST, Route.locks, try WireJSON.encode(target)))
  }

  package func unlock(_ lock: LockRecord) async throws {
    try await perform(.init(method: .DELETE, path: "\(Route.locks)/\(lock.id)"))
  }

  // MARK: Owned files

  /// Reads an owned file: `Route.catalog` or `Route.directory`.
  package func state<Document: OwnedDocument>(
    of type: Document.Type,
    at path: String
  ) async throws -> OwnedFileState<Document.View> {
    try await get(OwnedFileState<Document.View>.self, path)
  }

  /// Edits an owned file: `Route.catalog` or `Route.directory`.
  ///
  /// The operations are meant for `revision`; with `isLenient` an older one will do when nothing that
  /// the edit touches has changed since.
  package func edit<Operation>(
    _ edit: EditRequest<Operation>,
    at path: String,
    to revision: String,
    isLenient: Bool = false
  ) async throws -> EditResult {
    var request = HTTPTransport.Request.json(
      .POST,
      path + "/ops",
      try WireJSON.encode(edit)
    )
    request.headers.append(("If-Match", "\"\(revision)\""))
    if isLenient { request.headers.append(("Prefer", "handling=lenient")) }
    return try await call(EditResult.self, request)
  }
}
