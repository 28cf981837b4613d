import ProjectHost
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct EventFlowTests {
  private static let crowd = 200
  /// Makes a notice of about a kilobyte.
  private static let names = (0..<20).map { "Project/Sources/Methods/method_number_\($0).4dm" }

  @Test func everyClientOfACrowdIsTold() async throws {
    try await ServerFixture.with { server in
      var clients: [TestClient] = []
      for _ in 0..<Self.crowd {
        let client = try await server.tcp()
        _ = try await client.openEvents(host: server.host)
        clients.append(client)
      }
      for client in clients { #expect(try await client.nextEvent()?.event?.name == "ready") }
      for gen in UInt64(2)...4 {
        try await server.project.publish(gen)
        for client in clients {
          #expect(try await client.nextEvent()?.id?.generation.gen == gen)
        }
      }
      #expect(try await server.metric("syncd_event_clients") == Double(Self.crowd))
      // Counted when all of a loop's clients have been told.
      while try await server.metric("syncd_events_sent_total") ?? 0 < Double(4 * Self.crowd) {}
    }
  }

  @Test func aBurstOfMessagesReachesWhoReads() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      let text = String(repeating: "x", count: 1_000)
      for number in 0..<60 {
        let message = OperatorMessage(text: "\(number) \(text)", at: "now", to: nil)
        await server.project.events.post(.message(message))
      }
      for number in 0..<60 {
        guard case .message(let message) = try await client.nextEvent()?.event else {
          Issue.record("message \(number) is missing")
          return
        }
        #expect(message.text.hasPrefix("\(number) "))
      }
    }
  }

  @Test func aSlowClientMissesWhatIsOldAndHoldsUpNobody() async throws {
    try await ServerFixture.with { server in
      let slow = try await server.tcp(receiveBuffer: 4_096)
      _ = try await slow.openEvents(host: server.host)
      let healthy = try await server.tcp()
      _ = try await healthy.openEvents(host: server.host)
      #expect(try await healthy.nextEvent()?.event?.name == "ready")

      // One notice at a time, each seen by the healthy client before the next is posted.
      var gen: UInt64 = 1
      while try await server.metric("syncd_events_coalesced_total") ?? 0 < 100 {
        for _ in 0..<100 {
          gen += 1
          try await server.project.publish(gen, names: Self.names)
          #expect(try await healthy.nextEvent()?.id?.generation.gen == gen)
        }
      }

      // The slow one still gets what its connection held, and then the newest at once.
      var seen: [UInt64] = []
      while let event = try await slow.nextEvent(), let number = event.id?.generation.gen {
        seen.append(number)
        if number == gen { break }
      }
      #expect(seen == seen.sorted())
      #expect(seen.count < Int(gen) - 90)
      let skipped = zip(seen, seen.dropFirst()).filter { $1 > $0 + 1 }
      #expect(skipped.count == 1)
    }
  }

  @Test func aMessageWaitsForASlowClientAmongManyNotices() async throws {
    try await ServerFixture.with { server in
      let slow = try await server.tcp(receiveBuffer: 4_096)
      _ = try await slow.openEvents(host: server.host)
      var gen: UInt64 = 1
      let publish = {
        gen += 1
        try await server.project.publish(gen, names: Self.names)
      }
      while try await server.metric("syncd_events_coalesced_total") ?? 0 < 10 {
        try await publish()
      }
      let message = OperatorMessage(text: "read me", at: "now", to: nil)
      await server.project.events.post(.message(message))
      for _ in 0..<100 { try await publish() }

      var (texts, seen) = ([String](), UInt64(0))
      while seen < gen, let event = try await slow.nextEvent() {
        if case .message(let message) = event.event { texts.append(message.text) }
        seen = event.id?.generation.gen ?? 0
      }
      // The message may share its position with the notice before it.
      #expect(texts == ["read me"])
    }
  }

  @Test func aClientThatTakesNothingIsCut() async throws {
    let quick: (inout ServerConfiguration) -> Void = { $0.blockedLimit = .milliseconds(100) }
    try await ServerFixture.with(configure: quick) { server in
      let stuck = try await server.tcp(receiveBuffer: 4_096)
      _ = try await stuck.openEvents(host: server.host)
      let healthy = try await server.tcp()
      _ = try await healthy.openEvents(host: server.host)
      #expect(try await healthy.nextEvent()?.event?.name == "ready")
      var gen: UInt64 = 1
      while try await server.metric("syncd_event_clients_cut_total") != 1 {
        for _ in 0..<50 {
          gen += 1
          try await server.project.publish(gen, names: Self.names)
          #expect(try await healthy.nextEvent()?.id?.generation.gen == gen)
        }
      }
      try await server.untilStatus { $0.clients == 1 }
    }
  }
}
