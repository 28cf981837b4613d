import Foundation
import ProjectHost
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct ShutdownTests {
  @Test func streamsAreToldAndEnded() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      await server.project.events.post(
        .drain(Drain(reason: "test", reconnectAfterMs: 1, spreadMs: 2))
      )
      await server.shutDown()
      #expect(try await client.nextEvent()?.event?.name == "drain")
      let end = try await client.nextBlock()
      #expect(end == nil)
      #expect(try await client.readToEnd().isEmpty)
    }
  }

  @Test func nothingListensAfterwards() async throws {
    var port = 0
    var path = ""
    let folder = try ServerFixture.temporaryFolder()
    try await ServerFixture.with(folder: folder) { server in
      (port, path) = (server.port, server.socketPath)
      #expect(FileManager.default.fileExists(atPath: path))
      // An idle connection does not hold up the end.
      let idle = try await server.tcp()
      _ = try await idle.ask("GET", Route.hello, host: server.host)
      await server.shutDown()
      #expect(try await idle.readToEnd().isEmpty)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    // Where another test's server has got the port, until that ends.
    while (try? await TestClient.tcp(port: port)) != nil { try Task.checkCancellation() }
  }

  @Test func aRequestUnderWayIsAnswered() async throws {
    try await ServerFixture.with { server in
      server.project.holdReloads()
      let client = try await server.unix()
      try await client.send("POST \(Route.reload) HTTP/1.1\r\nHost: x\r\n\r\n")
      var began = server.project.reloadBegan.makeAsyncIterator()
      await began.next()
      await server.shutDown()
      // The listener is gone before the answer is given.
      while (try? await server.unix()) != nil { try Task.checkCancellation() }
      server.project.releaseReloads()
      let answer = try await client.response()
      #expect(answer.status == 200)
      #expect(try await client.readToEnd().isEmpty)
    }
  }

  @Test func aRequestThatDoesNotEndIsCutInTime() async throws {
    let quick: (inout ServerConfiguration) -> Void = { $0.drainLimit = .milliseconds(50) }
    try await ServerFixture.with(configure: quick) { server in
      server.project.holdReloads()
      let client = try await server.unix()
      try await client.send("POST \(Route.reload) HTTP/1.1\r\nHost: x\r\n\r\n")
      var began = server.project.reloadBegan.makeAsyncIterator()
      await began.next()
      await server.shutDown()
      #expect(try await client.readToEnd().isEmpty)
      server.project.releaseReloads()
    }
  }

  @Test func anotherServersSocketIsNotRemoved() async throws {
    let folder = try ServerFixture.temporaryFolder()
    let path = folder + "/syncd.sock"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await ServerFixture.with(folder: folder) { server in
      try FileManager.default.removeItem(atPath: path)
      try Data("other".utf8).write(to: URL(fileURLWithPath: path))
      await server.shutDown()
      while (try? await server.tcp()) != nil { try Task.checkCancellation() }
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }
}
