import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Sessions
import SyncProtocol
import Synchronization

/// The web listener of a project's server, from `bind()` to its shutdown.
final class WebServer: Sendable {
  private enum Listening {
    case not
    case at(Listener)
    case over
  }

  private let web: WebConfiguration
  private let configuration: ServerConfiguration
  private let certificates: CertificateDesk?
  private let group: any EventLoopGroup
  private let door: WebDoor
  private let sessionEvents: SessionEventFeed
  private let census: ConnectionCensus
  private let logger: Logger
  private let open = Mutex<[ObjectIdentifier: any Channel]>([:])
  private let listening = Mutex(Listening.not)

  /// Makes a listener; with `certificates` it speaks TLS and nothing else.
  init(
    _ web: WebConfiguration,
    configuration: ServerConfiguration,
    sessions: OpenSessions,
    sessionEvents: SessionEventFeed,
    certificates: CertificateDesk?,
    counters: ServerCounters,
    census: ConnectionCensus,
    group: any EventLoopGroup,
    logger: Logger
  ) {
    self.web = web
    self.configuration = configuration
    self.certificates = certificates
    self.group = group
    self.logger = logger
    self.census = census
    self.sessionEvents = sessionEvents
    let streams = WebStreams(
      sessions: sessions,
      counters: counters,
      web: web,
      configuration: configuration
    )
    sessionEvents.alsoTell(streams)
    door = WebDoor(
      site: WebSite(
        sessions: sessions,
        rules: WebRuleDesk(web.rules, errors: counters.web.ruleErrors, logger: logger),
        cookie: WebCookie(projectName: web.name)
      ),
      folder: WebFolder(root: WebRoot(web.folder, within: web.bounds, logger: logger)),
      streams: streams,
      limits: configuration.limits,
      counters: counters,
      proxies: web.proxies
    )
  }

  /// Listens; what comes is served from now on.
  func bind() async throws(ServerError) -> ServerAddress {
    let plain = RequestGuard(allowedHosts: configuration.allowedHosts)
    let bound = try await Listener.tcp(web.address, option: "--web-listen", on: group) { channel in
      channel.eventLoop.makeCompletedFuture { try self.setUp(channel, plain) }
    }
    let isOver = listening.withLock { listening in
      guard case .not = listening else { return true }
      listening = .at(bound)
      return false
    }
    if isOver { await bound.close() }
    let port = bound.channel.localAddress?.port ?? web.address.port
    return ServerAddress(host: web.address.host, port: port)
  }

  /// Looks for changed rules, until cancelled.
  func watch() async { await door.site.rules.watch(every: web.rulesInterval) }

  /// Listens no more and lets what is under way come to its end.
  func drain() async {
    let last = listening.withLock { listening in
      defer { listening = .over }
      return listening
    }
    if case .at(let listener) = last { await listener.close() }
    for channel in channels {
      // The pipelining handler closes when no answer is under way any more; a page's stream ends.
      channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
    await withTaskGroup(of: Void.self) { race in
      race.addTask { for channel in self.channels { try? await channel.closeFuture.get() } }
      race.addTask {
        try? await Task.sleep(for: self.configuration.drainLimit)
        for channel in self.channels { channel.close(promise: nil) }
      }
      await race.next()
      race.cancelAll()
    }
    sessionEvents.alsoTell(nil)
  }

  private var channels: [any Channel] { open.withLock { Array($0.values) } }

  /// Runs on the connection's loop.
  private func setUp(_ channel: any Channel, _ plainRules: RequestGuard) throws {
    let remote = channel.remoteAddress
    let place = census.enter(remote)
    guard place != .none else {
      door.counters.turnedAway.add()
      return channel.close(promise: nil)
    }
    let key = ObjectIdentifier(channel)
    open.withLock { $0[key] = channel }
    channel.closeFuture.whenComplete { _ in
      self.census.leave(remote)
      self.open.withLock { $0[key] = nil }
    }
    try CloseOnExec.mark(channel)
    var rules = plainRules
    if let current = certificates?.current {
      let tls = NIOSSLServerHandler(context: current.pair.context)
      try channel.pipeline.syncOperations.addHandler(tls)
      rules = current.rules
    }
    let clock = ConnectionClock(door.limits, counters: door.counters)
    let connection = WebConnection(
      door,
      rules: rules,
      isSecure: certificates != nil,
      isCrowded: place == .crowded,
      clock: clock
    )
    try ConnectionSetup.installHTTP(on: channel, gate: connection, clock: clock)
  }
}
