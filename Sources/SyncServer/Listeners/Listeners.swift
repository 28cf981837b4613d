import Logging
import NIOCore
import NIOSSL
import SyncProtocol
import Synchronization

/// The listening addresses of a server, and what becomes of each accepted connection.
final class Listeners: Sendable {
  private struct Bound {
    var open: [Listener] = []
    var socket: (file: SocketFile, identity: SocketFile.Identity)?
  }

  private let configuration: ServerConfiguration
  /// For TLS: every connection to the TCP address speaks it, or none.
  private let certificates: CertificateDesk?
  private let counters: ServerCounters
  private let census: ConnectionCensus
  private let group: any EventLoopGroup
  private let desks: LoopDesks
  private let handOver: AsyncStream<RouterConnection>.Continuation
  private let logger: Logger
  private let bound = Mutex(Bound())

  init(
    configuration: ServerConfiguration,
    certificates: CertificateDesk?,
    counters: ServerCounters,
    census: ConnectionCensus,
    group: any EventLoopGroup,
    desks: LoopDesks,
    handOver: AsyncStream<RouterConnection>.Continuation,
    logger: Logger
  ) {
    self.configuration = configuration
    self.certificates = certificates
    self.counters = counters
    self.census = census
    self.group = group
    self.desks = desks
    self.handOver = handOver
    self.logger = logger
  }

  /// Binds every address; when one fails none stays bound.
  func bind() async throws -> ServerAddress {
    do {
      let address = try await bindTCP()
      try await bindSocket()
      return address
    } catch {
      await close()
      throw error
    }
  }

  /// Stops listening; the socket's name goes with it.
  func close() async {
    let bound = self.bound.withLock { bound in
      defer { bound = Bound() }
      return bound
    }
    // The name first: who still finds it is served or refused, never left waiting.
    if let (file, identity) = bound.socket { file.remove(identity) }
    for listener in bound.open { await listener.close() }
  }

  private func bindTCP() async throws -> ServerAddress {
    let address = configuration.address
    let rules = RequestGuard(
      allowedHosts: configuration.allowedHosts,
      allowedOrigins: configuration.allowedOrigins
    )
    let listener = try await Listener.tcp(address, on: group) { channel in
      channel.eventLoop.makeCompletedFuture { try self.setUpTCP(channel, rules) }
    }
    bound.withLock { $0.open.append(listener) }
    let port = listener.channel.localAddress?.port ?? address.port
    return ServerAddress(host: address.host, port: port)
  }

  private func bindSocket() async throws {
    guard let path = configuration.socketPath else { return }
    let file = try SocketFile(path: path)
    let group = configuration.socketGroup
    let descriptor = try file.bind(group: group)
    if let identity = file.identity() { bound.withLock { $0.socket = (file, identity) } }
    let listener = try await Listener.socket(descriptor, on: self.group) { channel in
      channel.eventLoop.makeCompletedFuture {
        let grade = self.grade(of: PeerAccount.of(channel, withGroups: group != nil))
        try self.setUp(channel, grade == nil ? .foreignSocket : .socket, grade ?? .anonymous)
      }
    }
    bound.withLock { $0.open.append(listener) }
  }

  /// Lets a TCP connection in, through TLS where the address has it.
  private func setUpTCP(_ channel: any Channel, _ plainRules: RequestGuard) throws {
    let remote = channel.remoteAddress
    let place =
      configuration.admitsAddress(remote?.bareAddress ?? "") ? census.enter(remote) : .none
    guard place != .none else {
      counters.turnedAway.add()
      return channel.close(promise: nil)
    }
    channel.closeFuture.whenComplete { [census] _ in census.leave(remote) }
    var rules = plainRules
    if let current = certificates?.current {
      let tls = NIOSSLServerHandler(context: current.pair.context)
      try channel.pipeline.syncOperations.addHandler(tls)
      rules = current.rules
    }
    let entrance = place == .crowded ? .crowded : Entrance.tcp(rules)
    try setUp(channel, entrance, .anonymous, isSecure: certificates != nil)
  }

  /// What an account at the other end of the socket may be; `nil` for one that has no business here.
  private func grade(of peer: PeerAccount?) -> CallerGrade? {
    guard let peer else { return nil }
    if peer.user == configuration.ownUser { return .sameMachine }
    return configuration.socketGroup.map(peer.groups.contains) == true ? .socketGroup : nil
  }

  /// Runs on the connection's loop.
  private func setUp(
    _ channel: any Channel,
    _ entrance: Entrance,
    _ grade: CallerGrade,
    isSecure: Bool = false
  ) throws {
    guard let desk = desks.here(on: channel.eventLoop), !desk.isDraining else {
      return channel.close(promise: nil)
    }
    try CloseOnExec.mark(channel)
    let identity = ConnectionIdentity(
      grade,
      local: channel.localAddress,
      remote: channel.remoteAddress,
      isFromNetwork: isSecure
    )
    let clock = ConnectionClock(configuration.limits, counters: counters)
    let gate = ConnectionGate(
      entrance: entrance,
      identity: identity,
      desk: desk,
      clock: clock
    ) { channel in
      let router = try ConnectionSetup.installRouter(on: channel, isSecure: isSecure)
      RouterConnection(channel: router, identity: identity, executor: desk.executor)
        .hand(to: self.handOver)
    }
    try ConnectionSetup.installHTTP(on: channel, gate: gate, clock: clock)
  }
}
