import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SyncProtocol

/// One HTTP/1.1 request on a connection of its own: all that this client needs.
///
/// A full client library would bring a second TLS stack into every build; the unix socket and the
/// endless event stream need this control anyway.
struct HTTPTransport: Sendable {
  typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>
  typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  struct Request: Sendable {
    var method = HTTPMethod.GET
    let path: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// A connection that brings nothing for so long is closed.
    var silence = TimeAmount.seconds(30)

    static func json(_ method: HTTPMethod, _ path: String, _ body: some Sequence<UInt8>) -> Request
    {
      Request(
        method: method,
        path: path,
        headers: [("Content-Type", "application/json")],
        body: Array(body)
      )
    }

    /// The request with patience for an answer that may take so many milliseconds.
    func waiting(_ milliseconds: Int) -> Request {
      var request = self
      request.silence = .milliseconds(Int64(milliseconds) + 5_000)
      return request
    }
  }

  private static let connectTimeout = TimeAmount.seconds(5)

  let endpoint: Endpoint
  /// With a token every connection is proven to both sides before it carries anything else.
  var token: MachineToken?
  /// The session that requests belong to.
  var bearer: String?
  /// Whom TCP servers off loopback have to be vouched for by.
  var trust = ServerTrust()

  /// Sends a request and hands the response's head and body to `handle`.
  ///
  /// The connection is closed when `handle` returns or throws, and when the task is cancelled.
  ///
  /// - Throws: `ClientError`, or what `handle` throws.
  func exchange<Result: Sendable>(
    _ request: Request,
    _ handle: (HTTPResponseHead, inout Parts.AsyncIterator) async throws -> Result
  ) async throws -> Result {
    do {
      return try await exchange(request, on: try await connect(silence: request.silence), handle)
    } catch  where Self.isBreak(error) {
      throw ClientError(.connection, "\(endpoint) broke the connection off (\(error)).")
    }
  }

  /// Whether an error is the connection's own: a reset, an end that TLS does not know, or one in the
  /// middle of an answer.
  static func isBreak(_ error: any Error) -> Bool {
    error is NIOSSLError || error is BoringSSLError || error is IOError || error is ChannelError
      || error is HTTPParserError
  }

  private func exchange<Result: Sendable>(
    _ request: Request,
    on channel: Channel,
    _ handle: (HTTPResponseHead, inout Parts.AsyncIterator) async throws -> Result
  ) async throws -> Result {
    try await channel.executeThenClose { inbound, outbound in
      var iterator = inbound.makeAsyncIterator()
      if let token { try await prove(token, channel, outbound, &iterator) }
      var request = request
      if let bearer { request.headers.append(("Authorization", "Bearer \(bearer)")) }
      let head = try await send(request, outbound, &iterator)
      return try await handle(head, &iterator)
    }
  }

  private func send(
    _ request: Request,
    _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>,
    _ iterator: inout Parts.AsyncIterator
  ) async throws -> HTTPResponseHead {
    try await outbound.write(contentsOf: parts(of: request))
    guard case .head(let head) = try await iterator.next(isolation: #isolation) else {
      throw ClientError(.connection, "\(endpoint) closed the connection without an answer.")
    }
    return head
  }

  /// One question of several on a connection.
  func ask<Value: Decodable>(
    _ type: Value.Type,
    _ request: Request,
    _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>,
    _ iterator: inout Parts.AsyncIterator
  ) async throws -> Value {
    let head = try await send(request, outbound, &iterator)
    let bytes = try await ServerConnection.collect(&iterator)
    return try ServerConnection.read(type, head, bytes, from: endpoint)
  }

  /// Proves this connection to the server, and the server to this side.
  private func prove(
    _ token: MachineToken,
    _ channel: Channel,
    _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>,
    _ iterator: inout Parts.AsyncIterator
  ) async throws {
    guard let client = channel.channel.localAddress?.port,
      let server = channel.channel.remoteAddress?.port
    else { throw ClientError(.connection, "Only a TCP connection can be proven.") }
    let challenge = try await ask(
      MachineChallenge.self,
      Request(path: Route.proof),
      outbound,
      &iterator
    )
    let handshake = MachineHandshake(
      challenge,
      token: token,
      serverPort: server,
      clientPort: client
    )
    let answer = try await ask(
      MachineProofAnswer.self,
      .json(.POST, Route.proof, try WireJSON.encode(handshake.proof)),
      outbound,
      &iterator
    )
    guard handshake.isServer(answer) else {
      throw ClientError(
        .connection,
        "\(endpoint) does not know this project's token: another program has taken the port. "
          + "Stop that program, or use the server's unix socket."
      )
    }
  }

  func connect(silence: TimeAmount) async throws -> Channel {
    let initialize = Self.initializer(silence: silence)
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(Self.connectTimeout)
    do {
      switch endpoint {
      case .tcp(let address) where trust.speaksTLS(to: address):
        let secure = SecureConnection(
          address: address,
          trust: trust,
          connectTimeout: Self.connectTimeout
        )
        let channel = try await secure.open()
        return try await channel.eventLoop.flatSubmit { initialize(channel) }.get()
      case .tcp(let address):
        return try await bootstrap.connect(
          host: address.host,
          port: address.port,
          channelInitializer: initialize
        )
      case .unixSocket(let path):
        let alias = try SocketAlias(path)
        let channel = try await bootstrap.connect(
          unixDomainSocketPath: alias.path,
          channelInitializer: initialize
        )
        // The short name leads nowhere once the folder is closed.
        withExtendedLifetime(alias) {}
        return channel
      }
    } catch let error as ClientError {
      throw error
    } catch {
      throw ClientError(.noServer, endpoint.silence)
    }
  }

  private static func initializer(
    silence: TimeAmount
  ) -> @Sendable (any NIOCore.Channel) -> EventLoopFuture<Channel> {
    { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(IdleStateHandler(readTimeout: silence))
        try pipeline.addHandler(SilenceHandler())
        try pipeline.addHTTPClientHandlers()
        return try Channel(wrappingChannelSynchronously: channel)
      }
    }
  }

  private func parts(of request: Request) -> [HTTPClientRequestPart] {
    var headers = HTTPHeaders(request.headers.map { ($0.name, $0.value) })
    headers.add(name: "Host", value: endpoint.hostField)
    if !request.body.isEmpty || request.method == .POST {
      headers.add(name: "Content-Length", value: "\(request.body.count)")
    }
    let head = HTTPRequestHead(
      version: .http1_1,
      method: request.method,
      uri: request.path,
      headers: headers
    )
    guard !request.body.isEmpty else { return [.head(head), .end(nil)] }
    return [.head(head), .body(.byteBuffer(ByteBuffer(bytes: request.body))), .end(nil)]
  }
}

/// A short name for a unix socket: its real path may be longer than a socket address can hold.
private final class SocketAlias: Sendable {
  private let folder: Int32
  let path: String

  init(_ socket: String) throws(ClientError) {
    let slash = socket.lastIndex(of: "/") ?? socket.startIndex
    // A member of the socket's group may pass the folder and not read it.
    let passes = O_RDONLY | O_DIRECTORY | O_CLOEXEC | Self.pathOnly
    folder = open(String(socket[..<slash]) + "/", passes)
    path = "/proc/self/fd/\(folder)\(socket[slash...])"
    let found = folder >= 0 ? access(path, R_OK | W_OK) : -1
    guard found == 0 || errno != EACCES else {
      throw ClientError(
        .refused,
        "This account may not use the socket \(socket): run the command as the account of the "
          + "server, or start the server with --socket-group and a group of this account."
      )
    }
    guard folder >= 0 else {
      throw ClientError(.noServer, Endpoint.unixSocket(socket).silence)
    }
  }

  /// `O_PATH` of Linux, which Glibc's module leaves out.
  private static let pathOnly: Int32 = 0o10_000_000

  deinit { close(folder) }
}
