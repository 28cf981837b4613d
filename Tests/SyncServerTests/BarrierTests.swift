import SyncProtocol
import Testing

@Suite(.timeLimit(.minutes(3))) struct BarrierTests {
  @Test func aSaveAllIsPassedOn() async throws {
    try await ServerFixture.with { server in
      let body = """
        {"files":[{"path":"Project/Sources/Methods/m.4dm","size":3,"sha256":"\(ServerFixture.digest)"}],
        "deadlineMs":5000,"durable":"file"}
        """
      let answer = try await server.askLocally("POST", Route.barriers, body: body)
      #expect(answer.status == 200)
      #expect(try answer.json(BarrierResult.self).files.map(\.state) == [.held])
      let order = try #require(server.project.barriers.first)
      #expect(order.files?.first?.size == 3)
      #expect(order.durable == .file)
      #expect(try await server.askLocally("POST", Route.barriers).status == 200)
    }
  }

  @Test func aSaveAllThatGoesOnSaysWhereToWait() async throws {
    try await ServerFixture.with { server in
      server.project.answerReloads(.pending)
      let answer = try await server.askLocally("POST", Route.barriers, body: #"{"deadlineMs":1}"#)
      #expect(answer.status == 202)
      #expect(answer["location"]?.hasPrefix(Route.barrierWait + "?barrier=") == true)
      #expect(answer["retry-after"] == "0")
      server.project.answerReloads(.published)
      let again = try await server.askLocally("GET", "\(Route.barrierWait)?deadlineMs=7000")
      #expect(again.status == 200)
      #expect(server.project.barriers.last?.deadlineMs == 7_000)
    }
  }

  @Test func whoGoesOnWaitingGetsWhatWasAskedFor() async throws {
    try await ServerFixture.with { server in
      server.project.answerReloads(.pending)
      let body = #"{"deadlineMs":1,"durable":"file","files":[{"path":"a","size":3}]}"#
      let answer = try await server.askLocally("POST", Route.barriers, body: body)
      let location = try #require(answer["location"])
      server.project.answerReloads(.published)
      #expect(try await server.askLocally("GET", location).status == 200)
      let order = try #require(server.project.barriers.last)
      #expect(order.durable == .file)
      #expect(order.files?.map(\.path) == ["a"])
      let unknown = try await server.askLocally("GET", Route.barrierWait + "?barrier=00")
      #expect(unknown.status == 404)
    }
  }

  @Test(arguments: [
    "{", "[]", #"{"deadlineMs":0}"#, #"{"deadlineMs":600001}"#, #"{"durable":"maybe"}"#,
    #"{"files":[{"path":"../x"}]}"#, #"{"files":[{"path":"/etc/passwd"}]}"#,
    #"{"files":[{"path":""}]}"#, #"{"files":[{"path":"a//b"}]}"#, #"{"files":[{"path":"a/./b"}]}"#,
    #"{"files":[{"path":"a\u0000b"}]}"#, #"{"files":[{"path":"a","size":-1}]}"#,
    #"{"files":[{"path":"a","sha256":"ABC"}]}"#, #"{"files":[{}]}"#,
  ])
  func whatIsNotUnderstoodIsABadRequest(body: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally("POST", Route.barriers, body: body)
      #expect(answer.problem == .badRequest)
      #expect(server.project.barriers.isEmpty)
    }
  }

  @Test(arguments: [
    "deadlineMs=0", "deadlineMs=soon", "deadlineMs=600001", "deadlineMs=", "deadlineMs=%2B5",
    "deadlineMs=5&deadlineMs=6", "barrier=a&barrier=b",
  ])
  func aWaitHasALimitToo(query: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally("GET", "\(Route.barrierWait)?\(query)")
      #expect(answer.problem == .badRequest)
    }
  }

  @Test(arguments: [(1_000, 200), (1_001, 400)])
  func aSaveAllNamesAThousandFiles(count: Int, status: Int) async throws {
    try await ServerFixture.with { server in
      let files = (0..<count).map {
        #"{"path":"Project/Sources/Methods/m_\#($0)_\#("x")\#("y").4dm"}"#
      }
      let body =
        #"{"files":[\#(files.joined(separator: ","))]}"#
        + String(repeating: " ", count: 70_000)
      let answer = try await server.askLocally("POST", Route.barriers, body: body)
      #expect(answer.status == status)
    }
  }

  @Test(arguments: [(Route.barriers, 1_048_577), (Route.catalogOperations, 4_194_305)])
  func eachResourceHasItsOwnLimit(path: String, length: Int) async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      try await client.send(
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n"
      )
      #expect(try await client.response().problem == .tooLarge)
    }
  }
}
