import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import SyncProtocol

/// One HTTP/1.1 request on a connection of its own: all that this client needs.
///
/// A full client library would bring a second TLS stack into every build; the unix socket and the
/// endless event stream need this control anyway.
struct HTTPTransport: Sendable {
  typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>
  private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  struct Request: Sendable {
    var method = HTTPMethod.GET
    let path: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// A connection that brings nothing for so long is closed.
    var silence = TimeAmount.seconds(60)
  }

  private static let connectTimeout = TimeAmount.seconds(5)

  let endpoint: Endpoint

  /// Sends a request and hands the response's head and body to `handle`.
  ///
  /// The connection is closed when `handle` returns or throws, and when the task is cancelled.
  ///
  /// - Throws: `ClientError`, or what `handle` throws.
  func exchange<Result: Sendable>(
    _ request: Request,
    _ handle: (HTTPResponseHead, inout Parts.AsyncIterator) async throws -> Result
  ) async throws -> Result {
    let channel = try await connect(silence: request.silence)
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(contentsOf: parts(of: request, allocator: channel.channel.allocator))
      var iterator = inbound.makeAsyncIterator()
      guard case .head(let head) = try await iterator.next(isolation: #isolation) else {
        throw ClientError(.connection, "\(endpoint) closed the connection without an answer.")
      }
      return try await handle(head, &iterator)
    }
  }

  private func connect(silence: TimeAmount) async throws -> Channel {
    let initialize = Self.initializer(silence: silence)
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(Self.connectTimeout)
    do {
      switch endpoint {
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

  private func parts(of request: Request, allocator: ByteBufferAllocator) -> [HTTPClientRequestPart]
  {
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
    return [.head(head), .body(.byteBuffer(allocator.buffer(bytes: request.body))), .end(nil)]
  }
}

/// A short name for a unix socket: its real path may be longer than a socket address can hold.
private final class SocketAlias: Sendable {
  private let folder: Int32
  let path: String

  init(_ socket: String) throws(ClientError) {
    let slash = socket.lastIndex(of: "/") ?? socket.startIndex
    folder = open(String(socket[..<slash]) + "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw ClientError(.noServer, Endpoint.unixSocket(socket).silence)
    }
    path = "/proc/self/fd/\(folder)\(socket[slash...])"
  }

  deinit { close(folder) }
}
