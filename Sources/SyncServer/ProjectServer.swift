package import Logging
import NIOCore
import NIOPosix
import ProjectHost
import ServiceLifecycle
package import SyncProtocol

/// Serves one project on a loopback address and on a unix socket, from `run()` to its shutdown.
package final class ProjectServer: Service {
  private let project: any ServedProject
  private let configuration: ServerConfiguration
  private let logger: Logger
  private let counters = ServerCounters()
  private let sessions: SessionDesk
  private let challenges: DevelopmentChallenges
  private let binding = BindingReport()
  private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  package init(
    project: any ServedProject,
    configuration: ServerConfiguration,
    logger: Logger
  ) {
    self.project = project
    self.configuration = configuration
    sessions = SessionDesk(grace: configuration.sessionGrace)
    challenges = DevelopmentChallenges(root: project.root)
    self.logger = logger
  }

  /// Waits until the server listens; the port is the one that the kernel gave.
  ///
  /// - Throws: what `run()` throws when it cannot, which is a `ServerError` with one sentence.
  package func boundAddress() async throws -> ServerAddress { try await binding.value() }

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
    guard let first = await opening.next() else { return }
    let admission = Admission(project: project, sessions: sessions)
    let desks = try await LoopDesks(
      group: group,
      first: first,
      project: project.name,
      configuration: configuration,
      counters: counters,
      admission: admission
    )
    let (connections, handOver) = AsyncStream.makeStream(of: RouterConnection.self)
    let listeners = Listeners(
      configuration: configuration,
      group: group,
      desks: desks,
      handOver: handOver,
      logger: logger
    )
    let address = try await listeners.bind()
    let ends = SessionEnds(
      project: project,
      sessions: sessions,
      challenges: challenges,
      desks: desks
    )
    let router = ServerRouter(endpoints: endpoints(address, ends), admission: admission)
    binding.report(.success(address))
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await self.distribute(events, to: desks) }
      tasks.addTask { await ends.watch(grace: self.configuration.sessionGrace) }
      tasks.addTask { await self.publish(at: address) }
      tasks.addTask {
        // Ends by a shutdown's beginning or by cancellation; both lead to the same end.
        try? await gracefulShutdown()
        await self.drain(listeners, desks)
        handOver.finish()
      }
      for await connection in connections {
        tasks.addTask { await router.serve(connection, logger: self.logger) }
      }
      tasks.cancelAll()
    }
  }

  /// Lets the server be found until its shutdown begins.
  private func publish(at address: ServerAddress) async {
    guard let publication = configuration.publication else { return }
    let responder = DiscoveryResponder(
      publication: publication,
      project: project,
      address: address,
      logger: logger
    )
    await cancelWhenGracefulShutdown { await responder.run() }
  }

  private func endpoints(_ address: ServerAddress, _ ends: SessionEnds) -> [Endpoint] {
    let open = GenerationRoutes(project: project, version: configuration.version)
    let operators = OperatorRoutes(
      project: project,
      version: configuration.version,
      address: address,
      counters: counters,
      sessions: sessions,
      started: ContinuousClock().now
    )
    let sessionRoutes = SessionRoutes(
      project: project,
      sessions: sessions,
      challenges: challenges,
      ends: ends,
      accountName: AccountName.of(configuration.ownUser)
    )
    let proof = ProofRoute(
      project: project,
      ownUser: configuration.ownUser,
      counters: counters
    )
    var endpoints = open.endpoints + BundleRoutes(project: project).endpoints
    endpoints += [ReloadRoute(project: project).endpoint, proof.endpoint]
    endpoints += BarrierRoutes(project: project).endpoints + operators.endpoints
    endpoints += sessionRoutes.endpoints + LockRoutes(project: project).endpoints
    return endpoints + project.ownedFiles.flatMap(\.endpoints)
  }

  private func distribute(_ events: AsyncStream<PostedEvent>, to desks: LoopDesks) async {
    for await event in events {
      do {
        try desks.deliver(event)
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
