import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// Builds and rebuilds the handlers of a connection, always on the connection's loop.
enum ConnectionSetup {
  typealias RouterChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  /// All header fields of a request together.
  static let headerBytes = 16 * 1024
  private static let headerCount = 100
  private static let encoder = "http-encoder"
  private static let decoder = "http-decoder"
  private static let pipelining = "http-pipelining"
  private static let clock = "clock"

  /// HTTP/1.1 and the gate, or what stands in its place: what every connection begins with.
  ///
  /// What is in the pipeline already, TLS, stays between them and the network.
  static func installHTTP(
    on channel: any Channel,
    gate: some ChannelHandler,
    clock connectionClock: ConnectionClock
  ) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = headerBytes
    limits.maxHeaderListSize = headerBytes
    limits.maxHeaderFieldCount = headerCount
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(connectionClock, name: clock)
    try pipeline.addHandler(HTTPResponseEncoder(), name: encoder)
    try pipeline.addHandler(
      ByteToMessageHandler(
        HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
      ),
      name: decoder
    )
    // One request at a time reaches the gate, so a refusal never overtakes an answer.
    try pipeline.addHandler(HTTPServerPipelineHandler(), name: pipelining)
    try pipeline.addHandler(gate)
  }

  /// The handlers behind the gate that the router's task reads from and writes to.
  static func installRouter(on channel: any Channel, isSecure: Bool) throws -> RouterChannel {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
    return try RouterChannel(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true)
    )
  }

  /// Leaves nothing but the stream's handler, and TLS where there is, between a connection and its
  /// bytes.
  static func stripHTTP(
    from channel: any Channel,
    gate: ConnectionGate,
    adding stream: EventStreamHandler
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(stream, position: .after(gate))
    if stream.transport == .webSocket {
      let decoder = WebSocketFrameDecoder(maxFrameSize: WebSocketControl.longestFrame)
      try pipeline.addHandlers([
        WebSocketFrameEncoder(), ByteToMessageHandler(decoder), WebSocketControl(),
      ])
    }
    removeHTTP(from: pipeline, gate: gate)
  }

  /// The same for the events of a page.
  static func stripHTTP(
    from channel: any Channel,
    gate: WebConnection,
    adding stream: WebStreamHandler
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(stream, position: .after(gate))
    removeHTTP(from: pipeline, gate: gate)
  }

  private static func removeHTTP(
    from pipeline: ChannelPipeline.SynchronousOperations,
    gate: some RemovableChannelHandler
  ) {
    pipeline.removeHandler(gate, promise: nil)
    for name in [pipelining, decoder, encoder, clock] {
      pipeline.removeHandler(name: name, promise: nil)
    }
  }

  /// Small buffers, so that a slow reader is noticed, and a kernel that notices a dead one.
  ///
  /// A reader that takes nothing is cut after `blockedLimit`, by whoever counts such cuts: the kernel,
  /// which knows no difference between slow and dead, waits longer.
  static func tuneForEvents(_ channel: any Channel, blockedLimit: TimeAmount) {
    guard let options = channel.syncOptions else { return }
    // What an option refuses costs memory or time, never an event.
    try? options.setOption(.socketOption(.so_sndbuf), value: 16 * 1024)
    try? options.setOption(.writeBufferWaterMark, value: .init(low: 2 * 1024, high: 8 * 1024))
    guard channel.localAddress?.port != nil else { return }
    try? options.setOption(.socketOption(.so_keepalive), value: 1)
    let silence = max(.seconds(20), blockedLimit + .seconds(5))
    for (option, value) in [
      (NIOBSDSocket.Option.tcp_nodelay, 1), (TCPOption.keepIdle, 10),
      (TCPOption.keepInterval, 5), (TCPOption.keepCount, 3),
      (TCPOption.userTimeout, Int(silence.nanoseconds / 1_000_000)),
    ] {
      try? options.setOption(.tcpOption(option), value: value)
    }
  }

  private enum TCPOption {
    static let keepIdle = NIOBSDSocket.Option(rawValue: 4)
    static let keepInterval = NIOBSDSocket.Option(rawValue: 5)
    static let keepCount = NIOBSDSocket.Option(rawValue: 6)
    static let userTimeout = NIOBSDSocket.Option(rawValue: 18)
  }
}
