import ProjectModel
import Sessions
import Testing

@Suite struct PassTests {
  @Test func aPassLeadsToItsProcessAsLongAsThatLasts() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let hook = try sessions.beginProcess(of: id, .hook, name: "h")
    let other = try sessions.beginProcess(.hook, name: "o")
    let pass = sessions.pass(for: hook)
    #expect(pass.utf8.count == 32 && pass != sessions.pass(for: other))
    #expect(sessions.process(showing: Bench.hash(Array(pass.utf8))) == hook)
    #expect(sessions.process(showing: Bench.hash(Array("0".utf8))) == nil)
    sessions.endProcess(hook)
    #expect(sessions.process(showing: Bench.hash(Array(pass.utf8))) == nil)
  }

  @Test func aPassEndsWithItsSession() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let hook = try sessions.beginProcess(of: id, .hook, name: "h")
    let hash = Bench.hash(Array(sessions.pass(for: hook).utf8))
    // Its time is over, and nobody has swept yet.
    bench.clock.advance(.seconds(90))
    #expect(sessions.process(showing: hash) == nil)
    #expect(sessions.expire().map(\.id) == [id])
    #expect(sessions.process(showing: hash) == nil)
  }

  /// A script that has ended without a word makes room for another one, and for nothing else.
  @Test func nobodyTakesTheOthersPlaces() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let scripts = try (0..<64).map { try sessions.beginProcess(of: id, .script, name: "s\($0)") }
    // What a client does in its session ends no script, and keeps no hook out.
    for _ in 0..<63 { _ = try sessions.beginProcess(of: id, .events, name: "e") }
    for kind in [SessionProcess.Kind.events, .client, .web] {
      #expect(throws: SessionRefusal.tooManyProcesses) {
        try sessions.beginProcess(of: id, kind, name: "e")
      }
    }
    _ = try sessions.beginProcess(of: id, .hook, name: "h")
    #expect(scripts.allSatisfy { sessions.has($0) })
    _ = try sessions.beginProcess(of: id, .script, name: "new")
    #expect(!sessions.has(scripts[0]) && sessions.has(scripts[1]))
    #expect(sessions.processes(of: id).count == 129)
  }

  @Test func secretsAreCovered() async throws {
    let bench = Bench()
    let (sessions, client) = (bench.sessions, try bench.client())
    let passcode = try await sessions.createOTP(of: client.id, life: 60, for: .server)
    let pass = sessions.pass(for: try sessions.beginProcess(.hook, name: "h"))
    let cookie = try sessions.openWeb(address: "a").cookie
    for secret in [passcode, passcode.lowercased(), pass, client.token, cookie] {
      let said = await sessions.withoutSecrets("otp=\(secret), \(client.id.text).")
      #expect(said == "otp=(secret), \(client.id.text).")
      // Digits beside it, as in an address that is escaped.
      let escaped = await sessions.withoutSecrets("%244DSID%3D\(secret)ab\(secret)c")
      #expect(escaped == "%244DSID%3D(secret)ab(secret)c")
    }
    let line = "ünchanged: 0123456789abcdef0123456789abcdef f\u{301} a"
    #expect(await sessions.withoutSecrets(line) == line)
  }
}
