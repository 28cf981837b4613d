package import Logging
import NIOCore
import NIOPosix
import ProjectHost
import ServiceLifecycle
package import Sessions
package import SyncProtocol
import Synchronization

/// Serves one project on a TCP address and on a unix socket, from `run()` to its shutdown.
package final class ProjectServer: Service {
  private let project: any ServedProject
  private let configuration: ServerConfiguration
  private let logger: Logger
  private let counters = ServerCounters()
  /// Of both addresses together.
  private let census: ConnectionCensus
  private let roster: StreamRoster
  private let sessions: OpenSessions
  private let challenges: DevelopmentChallenges
  private let hooks: ServerHooks?
  private let sessionEvents: SessionEventFeed
  private let binding = BindingReport()
  private let webAddress = Mutex<ServerAddress?>(nil)
  private let certificates = Mutex<CertificateDesk?>(nil)
  private let routes = Mutex<[Endpoint]>([])
  private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  package init(
    project: any ServedProject,
    sessions: OpenSessions,
    hooks: ServerHooks? = nil,
    sessionEvents: SessionEventFeed = SessionEventFeed(),
    configuration: ServerConfiguration,
    logger: Logger
  ) {
    self.project = project
    self.sessions = sessions
    self.hooks = hooks
    self.sessionEvents = sessionEvents
    self.configuration = configuration
    census = ConnectionCensus(configuration.limits)
    roster = StreamRoster(audience: project.events.audience)
    challenges = DevelopmentChallenges(root: project.root)
    self.logger = logger
  }

  /// Waits until the server listens; the port is the one that the kernel gave.
  ///
  /// - Throws: what `run()` throws when it cannot, which is a `ServerError` with one sentence.
  package func boundAddress() async throws -> ServerAddress { try await binding.value() }

  /// The address for browsers, once the server listens; `nil` without one.
  package func boundWebAddress() async throws -> ServerAddress? {
    _ = try await binding.value()
    return webAddress.withLock { $0 }
  }

  /// Whether new clients are let in; who runs the server may refuse them for a while.
  package var acceptsNew: Bool { roster.acceptsNew }

  /// What the router answers, by path; none before the server listens.
  package var resources: [ServedResource] {
    routes.withLock { $0 }.map(ServedResource.init).sorted { $0.path < $1.path }
  }

  /// SHA-256 of the public key that TLS clients see, in hexadecimal; `nil` while there is no TLS.
  package var keyFingerprint: String? {
    certificates.withLock { $0 }?.current.pair.fingerprint
  }

  /// Listens and serves until a graceful shutdown or its task's cancellation; call it once.
  ///
  /// - Throws: `ServerError` when an address cannot be listened on.
  package func run() async throws {
    defer { binding.report(.failure(CancellationError())) }
    do {
      try await serve()
    } catch {
      binding.report(.failure(error))
      throw error
    }
  }

  private func serve() async throws {
    // Subscribed before anybody can connect: a stream's first event knows the whole state.
    let events = await project.events.subscribe()
    var opening = events.makeAsyncIterator()
    guard let first = await opening.next(), case .ready(let ready) = first.event else { return }
    let desk = try openCertificates()
    let certificates = speaksTLS ? desk : nil
    let pairings = configuration.application.map(Pairings.init)
    let admission = Admission(
      project: project,
      sessions: sessions,
      roster: roster,
      needsPassword: certificates != nil && !configuration.letsAnybodyIn,
      isStandalone: configuration.isStandalone,
      pairings: pairings
    )
    let open = GenerationRoutes(
      project: project,
      version: configuration.version,
      application: pairings?.application.name
    )
    let desks = try await LoopDesks(
      group: group,
      ready: ready,
      position: first.id,
      configuration: configuration,
      counters: counters,
      roster: roster,
      admission: admission,
      immediate: open.immediate + [SessionStorageRoutes(sessions: sessions).immediate]
    )
    let board = EventBoard(ready, at: first.id)
    let (connections, handOver) = AsyncStream.makeStream(of: RouterConnection.self)
    let listeners = Listeners(
      configuration: configuration,
      certificates: certificates,
      counters: counters,
      census: census,
      group: group,
      desks: desks,
      handOver: handOver,
      logger: logger
    )
    try await resumeSessions()
    // Before anybody can connect: event streams are answered as soon as there is a listener.
    roster.isStarting = hooks != nil
    let address = try await listeners.bind()
    let web = openWeb(desk)
    let ends = SessionEnds(
      project: project,
      sessions: sessions,
      challenges: challenges,
      hooks: hooks,
      desks: desks
    )
    let endpoints = endpoints(open, address, admission, ends, board)
    routes.withLock { $0 = endpoints }
    let router = ServerRouter(endpoints: endpoints, admission: admission)
    let startup = StartupResult()
    // Before the address is told: whoever knows it finds the server by its name, too.
    let responder = responder(at: address)
    let queries = await responder?.bind()
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await self.distribute(events, to: desks, board, ends) }
      if let desk {
        tasks.addTask { await desk.watch(every: self.configuration.certificateInterval) }
      }
      tasks.addTask {
        // The end of a kept session is told after the start.
        _ = try? await self.binding.value()
        await ends.watch()
      }
      tasks.addTask {
        await self.sessionEvents.run(posting: self.project.events, endingStreamsOf: desks)
      }
      if let web { tasks.addTask { await web.watch() } }
      tasks.addTask {
        do throws(ServerError) {
          try await self.hooks?.startup()
          await self.hooks?.closeLeft()
          let bound = try await web?.bind()
          self.webAddress.withLock { $0 = bound }
          self.roster.isStarting = false
          self.binding.report(.success(address))
        } catch {
          startup.failed(error)
          await self.drain(listeners, desks)
          handOver.finish()
        }
      }
      if let responder, let queries {
        tasks.addTask { await cancelWhenGracefulShutdown { await responder.run(on: queries) } }
      }
      tasks.addTask {
        // Ends by a shutdown's beginning or by cancellation; both lead to the same end.
        try? await gracefulShutdown()
        // The project's own word of it may still be on its way.
        await board.close(
          saying: ReturnSpread(clients: self.roster.count, bandwidth: 1).drain(reason: "shutdown")
        )
        async let webEnd: Void? = web?.drain()
        await self.drain(listeners, desks)
        _ = await webEnd
        handOver.finish()
      }
      for await connection in connections {
        tasks.addTask(executorPreference: connection.executor) {
          await router.serve(connection, logger: self.logger)
        }
      }
      tasks.cancelAll()
    }
    try startup.check()
    await hooks?.shutdown()
  }

  /// Opens the sessions that an earlier server has kept, each on its generation.
  private func resumeSessions() async throws {
    let resumed = try await sessions.resume()
    for generation in resumed.compactMap(\.session.generation) {
      _ = await project.pin(generation.digest)
    }
    await hooks?.resume(resumed)
  }

  /// Whether the clients' address speaks TLS.
  private var speaksTLS: Bool {
    Listener.isNumeric(configuration.address)
      && (configuration.alwaysSpeaksTLS || !Listener.isLoopback(configuration.address))
  }

  /// Whether the browsers' address does: it is for everybody, so that no password is asked for.
  package var webSpeaksTLS: Bool {
    configuration.web.map { Listener.isNumeric($0.address) && !Listener.isLoopback($0.address) }
      ?? false
  }

  private func openWeb(_ certificates: CertificateDesk?) -> WebServer? {
    configuration.web.map { web in
      WebServer(
        web,
        configuration: configuration,
        sessions: sessions,
        sessionEvents: sessionEvents,
        certificates: webSpeaksTLS ? certificates : nil,
        counters: counters,
        census: census,
        group: group,
        logger: logger
      )
    }
  }

  /// What an address of the network needs before it is opened; `nil` on loopback.
  private func openCertificates() throws(ServerError) -> CertificateDesk? {
    guard speaksTLS || webSpeaksTLS else { return nil }
    let web = configuration.web?.address
    let address = speaksTLS ? configuration.address : web ?? configuration.address
    guard !speaksTLS || project.designerHasPassword || configuration.letsAnybodyIn else {
      throw ServerError(
        .passwordMissing,
        "\(address) is open to other machines, and the Designer has no password: set one "
          + "(`syncd directory`), or let everybody in with --allow-anonymous."
      )
    }
    guard let source = configuration.certificates else {
      throw ServerError(
        .certificateUnusable,
        "\(address) needs TLS, and there is no certificate: name one with --certificate and --key."
      )
    }
    let hosts = configuration.allowedHosts
    let origins = configuration.allowedOrigins
    let desk = try CertificateDesk(
      source,
      machine: MachineNames(
        adding: [address.host] + [web?.host].compactMap(\.self)
          + hosts.compactMap { Authority($0)?.host }
      ),
      logger: logger
    ) { RequestGuard(allowedHosts: $0 + hosts, allowedOrigins: origins, isSecure: true) }
    if speaksTLS { certificates.withLock { $0 = desk } }
    return desk
  }

  /// Lets the server be found, where it is published.
  private func responder(at address: ServerAddress) -> DiscoveryResponder? {
    guard var publication = configuration.publication else { return nil }
    publication.isHidden = { [roster, isHidden = publication.isHidden] in
      isHidden() || !roster.acceptsNew || roster.isStarting
    }
    return DiscoveryResponder(
      publication: publication,
      project: project,
      address: address,
      usesTLS: keyFingerprint != nil,
      logger: logger
    )
  }

  private func endpoints(
    _ open: GenerationRoutes,
    _ address: ServerAddress,
    _ admission: Admission,
    _ ends: SessionEnds,
    _ board: EventBoard
  ) -> [Endpoint] {
    let operators = OperatorRoutes(
      project: project,
      version: configuration.version,
      address: address,
      counters: counters,
      sessions: sessions,
      roster: roster,
      started: ContinuousClock().now
    )
    let sessionRoutes = SessionRoutes(
      project: project,
      sessions: sessions,
      challenges: challenges,
      admission: admission,
      ends: ends,
      hooks: hooks,
      accountName: AccountName.of(configuration.ownUser),
      heartbeat: configuration.heartbeat
    )
    let proof = ProofRoute(
      project: project,
      ownUser: configuration.ownUser,
      counters: counters
    )
    var endpoints =
      open.endpoints + BundleRoutes(project: project, downloads: admission.downloads).endpoints
    endpoints += [ReloadRoute(project: project).endpoint, proof.endpoint]
    endpoints +=
      PairingRoutes(
        project: project,
        sessions: sessions,
        pairings: admission.pairings,
        downloads: admission.downloads,
        keyFingerprint: { [weak self] in self?.keyFingerprint }
      ).endpoints
    endpoints.append(
      EventPollRoute(board: board, audience: project.events.audience, sessions: sessions).endpoint
    )
    endpoints += BarrierRoutes(project: project).endpoints + operators.endpoints
    endpoints += SessionMemberRoutes(sessions: sessions).endpoints
    endpoints += SessionStorageRoutes(sessions: sessions).endpoints
    endpoints += SessionProcessRoutes(sessions: sessions).endpoints
    endpoints += ConnectionRoutes(sessions: sessions, hooks: hooks).endpoints
    endpoints += sessionRoutes.endpoints + LockRoutes(project: project).endpoints
    endpoints +=
      ClientRoutes(project: project, sessions: sessions, roster: roster, ends: ends).endpoints
    return endpoints + project.ownedFiles.flatMap(\.endpoints)
  }

  private func distribute(
    _ events: AsyncStream<PostedEvent>,
    to desks: LoopDesks,
    _ board: EventBoard,
    _ ends: SessionEnds
  ) async {
    for await event in events {
      do {
        // Encoded once, for everybody.
        let frame = try EventFrame(event.event, id: event.id)
        desks.deliver(event, frame)
        await board.deliver(event, frame)
        if case .directory = event.event { await ends.enforceProtection() }
      } catch {
        logger.error("An event cannot be encoded", metadata: ["error": "\(error)"])
      }
    }
  }

  private func drain(_ listeners: Listeners, _ desks: LoopDesks) async {
    await listeners.close()
    await withTaskGroup(of: Void.self) { race in
      race.addTask { try? await desks.drain() }
      race.addTask {
        try? await Task.sleep(for: self.configuration.drainLimit)
        // Cancelled because the other one is done, or because there is no time to wait.
        desks.closeAll()
      }
      await race.next()
      race.cancelAll()
    }
  }
}
