import Foundation
import NIOCore
import NIOHTTP1
package import SyncProtocol

/// A client of one server: each call is one request.
package struct ServerConnection: Sendable {
  private static let largestAnswer = 16 << 20
  /// Two and two thirds of a heartbeat without a byte: the server is gone.
  package var streamSilence = Duration.seconds(40)
  /// What the sessions of a merged client begin with.
  package var pairing: ClientPairing?
  /// Whether this is where the server is found now, and not where it was named.
  let hasMoved: Bool

  package let endpoint: Endpoint
  let transport: HTTPTransport

  /// Names a server; nothing is connected yet.
  ///
  /// With a token each TCP connection is proven: the server takes it for its own machine, and this
  /// side knows that it is the server; the unix socket needs none. `bearer` is the token of an open
  /// session, which requests and streams then belong to.
  ///
  /// `trust` decides about servers off loopback, which speak TLS; without one only the system's
  /// authorities count.
  package init(
    _ endpoint: Endpoint,
    token: MachineToken? = nil,
    bearer: String? = nil,
    trust: ServerTrust = ServerTrust()
  ) {
    self.init(endpoint, token: token, bearer: bearer, trust: trust, hasMoved: false)
  }

  private init(
    _ endpoint: Endpoint,
    token: MachineToken?,
    bearer: String?,
    trust: ServerTrust,
    hasMoved: Bool
  ) {
    self.endpoint = endpoint
    self.hasMoved = hasMoved
    let needed = if case .tcp = endpoint { token } else { nil as MachineToken? }
    transport = HTTPTransport(endpoint: endpoint, token: needed, bearer: bearer, trust: trust)
  }

  /// Whether requests go over TLS.
  package var speaksTLS: Bool {
    if case .tcp(let address) = endpoint { transport.trust.speaksTLS(to: address) } else { false }
  }

  /// The same server, with requests that belong to a session.
  package func inSession(_ bearer: String) -> ServerConnection {
    var same = ServerConnection(
      endpoint,
      token: transport.token,
      bearer: bearer,
      trust: transport.trust,
      hasMoved: hasMoved
    )
    same.streamSilence = streamSilence
    same.pairing = pairing
    return same
  }

  /// The same server at another address, where it has to show that it is the same.
  ///
  /// - Throws: `ClientError` with code `localFile` when the pins cannot be read.
  func moved(to address: ServerAddress) throws(ClientError) -> ServerConnection {
    var trust = transport.trust
    if case .tcp(let old) = endpoint { trust = try trust.following(from: old) }
    var there = ServerConnection(
      .tcp(address),
      token: nil,
      bearer: nil,
      trust: trust,
      hasMoved: true
    )
    there.streamSilence = streamSilence
    there.pairing = pairing
    return there
  }

  /// Asks who is there.
  ///
  /// - Throws: `ClientError` with code `refused` too, for a server whose API this client does not know.
  package func hello() async throws -> Hello {
    let hello = try await get(Hello.self, Route.hello)
    if let why = hello.api.refusal(of: Hello.supportedAPI) {
      throw ClientError(.refused, "The server at \(endpoint) \(why)")
    }
    return hello
  }

  package func currentGeneration() async throws -> GenerationRecord {
    try await get(GenerationRecord.self, Route.currentGeneration)
  }

  package func status() async throws -> ProjectStatus {
    try await get(ProjectStatus.self, Route.status)
  }

  /// Asks for a reload and waits for its end.
  package func reload(_ request: ReloadRequest) async throws -> ReloadResult {
    try await call(
      ReloadResult.self,
      .json(.POST, Route.reload, try WireJSON.encode(request))
        .waiting(request.deadlineMs ?? ReloadRequest.defaultDeadlineMs)
    )
  }

  /// Hands each event to `handle` until the stream ends or `handle` throws.
  ///
  /// With a `session` those of that session are among them, for programs on the server's machine.
  package func events(
    of session: String? = nil,
    _ handle: (ServerEvent) async throws -> Void
  ) async throws {
    let request = HTTPTransport.Request(
      path: Route.events + (session.map { "?session=\($0)" } ?? ""),
      headers: [("Accept", "text/event-stream")],
      silence: TimeAmount(streamSilence)
    )
    try await transport.exchange(request) { head, body in
      guard head.status == .ok else {
        throw Self.refusal(head, try await Self.collect(&body), from: endpoint)
      }
      var parser = EventStreamParser()
      while let part = try await body.next(isolation: #isolation) {
        guard case .body(let buffer) = part else { continue }
        for message in try parser.feed(buffer.readableBytesView) {
          // An event that this version does not know, or cannot read, is for a later one.
          guard let event = try? ServerEvent(name: message.event, data: message.data) else {
            continue
          }
          try await handle(event)
        }
      }
      throw ClientError(.connection, "\(endpoint) closed the event stream.")
    }
  }

  func get<Value: Decodable & Sendable>(
    _ type: Value.Type,
    _ path: String
  ) async throws -> Value {
    try await call(type, .init(path: path))
  }

  func call<Value: Decodable & Sendable>(
    _ type: Value.Type,
    _ request: HTTPTransport.Request
  ) async throws -> Value {
    try await transport.exchange(request) { head, body in
      let bytes = try await Self.collect(&body)
      return try Self.read(type, head, bytes, from: endpoint)
    }
  }

  /// Sends a request whose answer has nothing in it.
  func perform(_ request: HTTPTransport.Request) async throws {
    try await transport.exchange(request) { head, body in
      let bytes = try await Self.collect(&body)
      guard (200..<300).contains(head.status.code) else {
        throw Self.refusal(head, bytes, from: endpoint)
      }
    }
  }

  static func read<Value: Decodable>(
    _ type: Value.Type,
    _ head: HTTPResponseHead,
    _ bytes: [UInt8],
    from endpoint: Endpoint
  ) throws(ClientError) -> Value {
    guard (200..<300).contains(head.status.code) else {
      throw refusal(head, bytes, from: endpoint)
    }
    do {
      return try WireJSON.decode(type, from: bytes)
    } catch {
      throw ClientError(.connection, "\(endpoint) does not answer as a syncd server does.")
    }
  }

  static func collect(_ body: inout HTTPTransport.Parts.AsyncIterator) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    // The connection stays open after the answer's end, so the end is what to wait for.
    while case .body(let buffer) = try await body.next(isolation: #isolation) {
      guard bytes.count + buffer.readableBytes <= largestAnswer else {
        throw ClientError(.connection, "The answer is larger than 16 MB: not a syncd server?")
      }
      bytes += buffer.readableBytesView
    }
    return bytes
  }

  static func refusal(
    _ head: HTTPResponseHead,
    _ bytes: [UInt8],
    from endpoint: Endpoint
  ) -> ClientError {
    guard let problem = try? WireJSON.decode(ProblemDetails.self, from: bytes) else {
      return ClientError(.connection, "\(endpoint) answers with HTTP status \(head.status.code).")
    }
    return ClientError(.refused, problem.detail, problem: problem)
  }
}
