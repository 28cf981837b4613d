package import Bundler
import Foundation
package import Logging
package import ProjectModel
package import SyncProtocol
package import Watcher

/// An open project: watched, bundled and ready to be served, from `run()` until it is stopped.
package final class HostedProject: Sendable {
  /// What an operator decides about a project.
  package struct Options: Sendable {
    package var bundle = BundleOptions()
    /// Reported problems fail the reload too.
    package var strict = false
    /// Bytes per second that all clients together may fetch a new bundle with.
    package var bandwidth = ReturnSpread.usualBandwidth
    /// What published generations may take on the disk; beyond it pins are released too.
    package var keepBytes = BundleStore.defaultKeepBytes
    /// The secret of `projectToken.json`, for clients that prove to be on this machine.
    package var machineSecret: [UInt8]?
    /// The deployed archive at the location, opened; its data are in the system folder if left out.
    package var deployed: DeployedProject?
    /// The times and limits of what watches the project.
    package var watching = WatchSettings()

    package init() {}
  }

  package let name: String
  /// The package root, or the archive that is served.
  package let root: String
  /// Random, and kept in the system folder: clients know the server again under another name or address.
  package let serverID: String
  package let events: EventHub
  /// What same-machine clients work in, instead of folders of the project.
  package let folders: ClientFolders
  package let machineSecret: [UInt8]?
  package let locks: LockTable
  package let users: ProjectUsers
  package let catalog: any OwnedFileEditing<CatalogDocument>
  package let directory: OwnedFile<DirectoryDocument>

  /// The archive that is served; `nil` for a project's folder.
  package let deployed: DeployedProject?

  private let keptCatalog: any CatalogKeeping
  private let bandwidth: UInt64
  private let logger: Logger
  private let systemFolder: SystemFolder
  private let components: ComponentInventory
  private let watcher: TreeWatcher
  private let coordinator: ReloadCoordinator
  private let store: BundleStore

  /// Prepares a project; its system folder exists and is locked by the caller.
  ///
  /// - Throws: `HostError`, `BundleError` or `WatcherError`, each one clear sentence.
  package init(
    _ location: ProjectLocation,
    in folder: SystemFolder,
    options: Options = Options(),
    logger: Logger
  ) throws {
    let deployed = try location.archive.map { _ in
      try options.deployed ?? DeployedProject(location, data: folder.data)
    }
    self.deployed = deployed
    try deployed?.makeDataFolder()
    name = deployed?.name ?? location.name
    root = location.path
    serverID = try folder.serverID(orMake: { RandomID.text() })
    bandwidth = options.bandwidth
    events = EventHub(
      project: name,
      serverID: serverID,
      startingAt: Self.microseconds()
    )
    folders = ClientFolders(
      project: location.path,
      userPreferences: folder.userPreferences,
      derivedData: folder.derivedData
    )
    machineSecret = options.machineSecret
    locks = LockTable(now: Self.timestamp, newID: { RandomID.text() })
    let passwords = PasswordHashing()
    let users = ProjectUsers(passwords: passwords) {
      deployed.map { DirectoryLocation(data: $0.data, package: $0.package) }
        ?? DirectoryLocation(below: location.root)
    }
    self.users = users
    let files = ProjectFiles(
      root: location.root,
      deployed: deployed,
      stateFolder: folder.path,
      hub: events,
      logger: logger
    )
    directory = files.directory(passwords: passwords, users: users)
    systemFolder = folder
    self.logger = logger
    components = ComponentInventory(location)
    watcher = TreeWatcher(
      root: location.root,
      cookieDirectory: folder.cookies,
      filter: Self.filter(location, options),
      settings: options.watching
    )
    let store = try BundleStore(folder: folder.generations, keepBytes: options.keepBytes)
    self.store = store
    let coordinator = ReloadCoordinator(
      watcher: watcher,
      source: Self.source(location, options),
      store: store,
      log: try GenerationLog(path: folder.generations + "/log") {
        UInt64.random(in: 1...UInt64.max)
      },
      hub: events,
      policy: .init(strict: options.strict, bandwidth: options.bandwidth),
      logger: logger
    )
    self.coordinator = coordinator
    if let deployed {
      let kept = ArchiveCatalog(
        of: deployed.archive,
        keyPath: folder.revisionKey,
        hub: events
      ) {
        await Self.file(ProjectLayout.catalog, of: deployed, coordinator, store)
      }
      (keptCatalog, catalog) = (kept, kept)
    } else {
      let kept = CatalogEditing(file: files.catalog(), coordinator: coordinator)
      (keptCatalog, catalog) = (kept, kept)
    }
  }

  private static func filter(_ location: ProjectLocation, _ options: Options) -> any WatchFilter {
    guard let archive = location.archive else {
      return ProjectWatchFilter(rules: ContentRules(profile: options.bundle.profile))
    }
    return ArchiveWatchFilter(name: Array(ProjectPath(archive).name))
  }

  private static func source(_ location: ProjectLocation, _ options: Options) -> any BundleSource {
    if let archive = location.archive {
      return ArchiveSource(path: archive, inspector: SourceInspector())
    }
    return BundleBuilder(
      root: location.root,
      options: options.bundle,
      inspector: SourceInspector()
    )
  }

  /// A file of a deployed project as the current generation has it, or the archive before that.
  package func deployedFile(_ path: ProjectPath) async -> [UInt8]? {
    guard let deployed else { return nil }
    return await Self.file(path, of: deployed, coordinator, store)
  }

  private static func file(
    _ path: ProjectPath,
    of deployed: DeployedProject,
    _ coordinator: ReloadCoordinator,
    _ store: BundleStore
  ) async -> [UInt8]? {
    guard let current = coordinator.current() else { return deployed.file(path) }
    return try? await store.content(of: path, in: current.digest)
  }

  /// Watches, builds the first generation and reloads until cancelled.
  ///
  /// - Throws: when the tree cannot be watched, or when there is no first generation.
  package func run() async throws {
    try await keptCatalog.start()
    try await directory.start()
    await events.begin(
      with: Revisions(catalog: keptCatalog.revision(), directory: directory.revision())
    )
    await pruneDerivedData()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.watcher.run() }
      group.addTask {
        // Watched before it is read: nothing can change unseen between the two.
        try await self.watcher.ready()
        try await withTaskCancellationHandler {
          try await self.coordinator.run()
        } onCancel: {
          self.coordinator.stop()
        }
      }
      group.addTask {
        for await _ in self.coordinator.catalogTouches { await self.keptCatalog.lookAgain() }
      }
      group.addTask { try await self.watchUsers() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// The folder of the users is not watched: the data file beside it is written all the time.
  private func watchUsers() async throws {
    // Until then who was connected before a restart has come back, or will not.
    let allAreBack = ContinuousClock().now.advanced(by: .seconds(ClientSession.graceSeconds))
    while true {
      try await Task.sleep(for: Self.usersInterval)
      users.refresh()
      await directory.lookAgain()
      if ContinuousClock().now > allAreBack { await store.releaseInheritedPins() }
    }
  }

  /// Derived data of tables that are gone; before the start no client is connected.
  private func pruneDerivedData() async {
    guard let document = try? await keptCatalog.document() else { return }
    let removed = systemFolder.pruneDerivedData(keeping: Set(document.view.tables.compactMap(\.id)))
    if !removed.isEmpty {
      logger.info("Derived data of deleted tables removed", metadata: ["folders": "\(removed)"])
    }
  }

  /// The components and plug-ins that ordinary remotes take from this server.
  package func inventory() async -> Inventory {
    await components.inventory(at: coordinator.current()?.id)
  }

  /// Tells every client that the server goes away.
  package func announceDrain(reason: String) async {
    let spread = ReturnSpread(clients: events.audience.count, bandwidth: bandwidth)
    await events.post(.drain(spread.drain(reason: reason)))
  }

  /// The current generation; `nil` until the first one is published.
  package func current() -> GenerationRecord? { coordinator.current() }

  /// The record of a kept generation.
  package func generation(_ id: GenerationID) async throws(ProblemDetails) -> GenerationRecord {
    guard let current = coordinator.current() else { throw Self.building }
    if current.id == id.description { return current }
    if let record = await coordinator.record(of: id),
      await store.standing(of: record.digest) == .kept
    {
      return record
    }
    guard current.epoch == String(id.epoch, radix: 16), id.gen < current.gen, id.gen > 0 else {
      throw ProblemDetails(
        .notFound,
        detail: "Generation \(id) is unknown; the current one is \(current.id)."
      )
    }
    throw ProblemDetails(
      .trimmed,
      detail: "Generation \(id) is no longer kept; the current one is \(current.id)."
    )
  }

  /// The file of a kept bundle.
  package func bundle(_ digest: Digest) async throws(ProblemDetails) -> BundleFile {
    do throws(BundleError) {
      return try await store.wholeBundle(digest)
    } catch {
      throw await problem(error, with: digest)
    }
  }

  /// The delta from one kept generation to another, computed once for everybody.
  package func delta(
    from: Digest,
    to: Digest,
    form: DeltaForm
  ) async throws(ProblemDetails) -> EncodedDelta {
    do throws(BundleError) {
      return try await store.delta(from: from, to: to, form: form)
    } catch {
      throw await problem(error, with: await store.standing(of: to) == .kept ? from : to)
    }
  }

  /// Keeps a generation for a session, also when newer ones come; false when it is not here.
  package func pin(_ digest: Digest) async -> Bool { await store.pin(digest) }

  package func unpin(_ digest: Digest) async { await store.unpin(digest) }

  private func problem(_ error: BundleError, with digest: Digest) async -> ProblemDetails {
    switch error.code {
    case .trimmed: return Self.trimmed(digest)
    case .unknownGeneration: return await unknown(digest)
    case .unsupported:
      return ProblemDetails(
        .notFound,
        detail: "The two bundles have too little in common: get the whole one."
      )
    default:
      logger.error("A kept bundle cannot be served", metadata: ["error": "\(error)"])
      return ProblemDetails(
        .internalError,
        detail: "The server cannot read a bundle that it keeps; its log says why."
      )
    }
  }

  /// The encoded manifest of a kept bundle.
  package func manifest(_ digest: Digest) async throws(ProblemDetails) -> [UInt8] {
    if let manifest = await coordinator.currentManifest(), manifest.digest == digest {
      return manifest.encoded()
    }
    if let manifest = await store.manifest(digest) { return manifest.encoded() }
    throw await store.standing(of: digest) == .trimmed ? Self.trimmed(digest) : unknown(digest)
  }

  /// Waits for a reload that holds every change made before the call; never throws.
  package func reload(
    reason: ReloadReason,
    cause: String? = nil,
    deadline: ContinuousClock.Instant
  ) async -> ReloadResult {
    await coordinator.reload(
      reason: reason,
      cause: cause,
      durability: .file,
      deadline: deadline
    ).result
  }

  /// The save-all: waits until everything written before the call is published; never throws.
  package func saveAll(
    _ request: BarrierRequest,
    deadline: ContinuousClock.Instant
  ) async -> BarrierResult {
    let answer = await coordinator.reload(
      reason: .saveAll,
      durability: request.durable ?? .generation,
      deadline: deadline
    )
    return answer.result(checking: request.files ?? [])
  }

  package func condition() async -> ProjectCondition { await coordinator.condition() }

  private static let usersInterval = Duration.seconds(1)

  private static func timestamp() -> String {
    Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  /// Microseconds since 1970: larger at each start than any number of events before it.
  private static func microseconds() -> UInt64 {
    UInt64(max(0, Date.now.timeIntervalSince1970 * 1_000_000))
  }

  private static let building = ProblemDetails(
    .building,
    detail: "The first generation is still being built; ask again in a moment."
  )

  private static func trimmed(_ digest: Digest) -> ProblemDetails {
    ProblemDetails(
      .trimmed,
      detail: "The bundle \(digest) is no longer kept: get the current one."
    )
  }

  private func unknown(_ digest: Digest) async -> ProblemDetails {
    guard let current = coordinator.current() else { return Self.building }
    return ProblemDetails(
      .notFound,
      detail: "No kept generation is named \(digest); the current one is \(current.digest)."
    )
  }
}
