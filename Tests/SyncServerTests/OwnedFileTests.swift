import Foundation
import ProjectModel
import SyncClient
import SyncProtocol
import Testing

@Suite(.timeLimit(.minutes(3))) struct OwnedFileTests {
  private static let edit = #"{"op_id":"a-1_B","operations":[{"add":"two"}]}"#

  @Test func itsRevisionIsItsTag() async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally("GET", Route.catalog)
      #expect(answer["etag"] == "\"r1\"")
      #expect(try answer.json(OwnedFileState<[String]>.self).content == ["one"])
      let again = try await server.askLocally("GET", Route.catalog, ["If-None-Match: \"r1\""])
      #expect(again.status == 304)
    }
  }

  @Test func anEditNeedsTheCurrentRevision() async throws {
    try await ServerFixture.with { server in
      let path = Route.catalogOperations
      let without = try await server.askLocally("POST", path, body: Self.edit)
      #expect(without.problem == .preconditionRequired)
      let done = try await server.askLocally("POST", path, ["If-Match: \"r1\""], body: Self.edit)
      #expect(done.status == 200)
      #expect(done["etag"] == "\"r2\"")
      #expect(try done.json(EditResult.self).changed == ["two"])
      let stale = try await server.askLocally("POST", path, ["If-Match: \"r1\""], body: Self.edit)
      #expect(stale.problem == .revisionMismatch)
      #expect(stale["etag"] == "\"r2\"")
      #expect(await server.project.toy.lenient == [false])
    }
  }

  @Test(arguments: ["handling=lenient", "respond-async, Handling = lenient"])
  func anOlderRevisionMayDo(prefer: String) async throws {
    try await ServerFixture.with { server in
      let fields = ["If-Match: \"r0\"", "Prefer: \(prefer)"]
      let answer = try await server.askLocally(
        "POST",
        Route.catalogOperations,
        fields,
        body: Self.edit
      )
      #expect(answer.status == 200)
      #expect(await server.project.toy.lenient == [true])
    }
  }

  @Test(arguments: ["*", "W/\"r1\"", "r1", "\"r1\", \"r2\"", "\"\"", "\"r\"1\"", "\"r 1\""])
  func oneStrongTagIsNamed(tag: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally(
        "POST",
        Route.catalogOperations,
        ["If-Match: \(tag)"],
        body: Self.edit
      )
      #expect(answer.problem == .badRequest)
      #expect(await server.project.toy.authors.isEmpty)
    }
  }

  @Test(arguments: [
    (#"{"op_id":"a","operations":[{"add":"x"},{"add":7}]}"#, "operations/1/add"),
    (#"{"op_id":"a","operations":[{"add":"x"},{"sub":"y"}]}"#, "operations/1 has no \"add\""),
    (#"{"op_id":"a"}"#, "has no \"operations\""), (#"{"operations":[]}"#, "has no \"op_id\""),
    (#"{"op_id":"","operations":[]}"#, "op_id has 1 to 64"),
    (#"{"op_id":"a b","operations":[]}"#, "op_id has 1 to 64"), ("{", "no JSON"),
  ])
  func aRefusalSaysWhichOperation(body: String, place: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally(
        "POST",
        Route.catalogOperations,
        ["If-Match: \"r1\""],
        body: body
      )
      #expect(answer.problem == .badRequest)
      let detail = try answer.json(ProblemDetails.self).detail
      #expect(detail.contains(place), "\(detail)")
    }
  }

  @Test func aLargeEditGoesThrough() async throws {
    try await ServerFixture.with { server in
      let words = (0..<10_000).map { #"{"add":"\#(String(repeating: "w", count: 100))\#($0)"}"# }
      let body = #"{"op_id":"a","operations":[\#(words.joined(separator: ","))]}"#
      let fields = ["If-Match: \"r1\""]
      let path = Route.catalogOperations
      #expect(try await server.askLocally("POST", path, fields, body: body).status == 200)
      let more = body.replacingOccurrences(of: "[", with: #"[{"add":"z"},"#)
      let refused = try await server.askLocally("POST", path, fields, body: more)
      #expect(refused.problem == .badRequest)
    }
  }

  @Test func aClientReadsAndEdits() async throws {
    try await ServerFixture.with { server in
      let local = ServerConnection(.unixSocket(server.socketPath))
      let session = try await local.openSession(SessionRequest())
      let own = local.inSession(try #require(session.token))
      let state = try await own.state(of: ToyDocument.self, at: Route.catalog)
      let edit = EditRequest(opID: "e1", operations: [ToyDocument.Operation(add: "two")])
      let result = try await own.edit(edit, at: Route.catalog, to: state.revision)
      #expect(result.revision == "r2")
      let error = await #expect(throws: ClientError.self) {
        try await own.edit(edit, at: Route.catalog, to: state.revision)
      }
      #expect(error?.problem?.revision == "r2")
      #expect(await server.project.toy.authors == [session.id])
    }
  }

  @Test func theInventoryHasATag() async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", Route.currentInventory)
      let tag = ["If-None-Match: \(try #require(answer["etag"]))"]
      #expect(try await server.ask("GET", Route.currentInventory, tag).status == 304)
      let local = ServerConnection(.unixSocket(server.socketPath))
      #expect(try await local.inventory().components.isEmpty)
    }
  }
}
