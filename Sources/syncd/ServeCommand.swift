import ArgumentParser
import Console
import Deployment
import Foundation
import Logging
import ProjectHost
import ProjectModel
import ServiceLifecycle
import Sessions
import SyncProtocol
import SyncServer
import UnixSignals

/// `syncd serve`: the service itself.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Watches a project, keeps its .4dz current and serves it, until stopped.",
    discussion: "A .4dz is served as it is: a deployed project, which clients can only read."
  )

  @OptionGroup var project: ProjectArguments

  @Option(
    help: ArgumentHelp(
      "The address to listen on; 127.0.0.1 if left out. Without a port the one of "
        + "settings.4DSettings, or \(Route.defaultPort); port 0 takes any. Off loopback "
        + "(0.0.0.0: all) it speaks TLS.",
      valueName: "host:port"
    )
  )
  var listen: String?

  @OptionGroup var merged: ApplicationArguments

  @OptionGroup var publishing: PublishingArguments

  @Option(
    help: ArgumentHelp(
      "A group whose members may use the socket for reload, save-all and status.",
      valueName: "group"
    )
  )
  var socketGroup: String?

  @OptionGroup var network: NetworkArguments

  @OptionGroup var web: WebArguments

  @OptionGroup var session: SessionArguments

  @OptionGroup var bundle: BundleArguments

  @OptionGroup var hooks: HookArguments

  @Option(
    help: ArgumentHelp(
      "The data folder of a deployed .4dz, with its Settings/directory.json; one in the project "
        + "system folder if left out.",
      valueName: "dir"
    )
  )
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Bytes that published generations may take on the disk; 2,000,000,000 if left out.",
      valueName: "bytes"
    )
  )
  var keepBytes: UInt64?

  @Option(
    help: ArgumentHelp(
      "Bytes per second that all clients together may fetch a new bundle with: the more clients "
        + "there are, the longer they take to come; 100,000,000 if left out (1 Gbit/s).",
      valueName: "bytes"
    )
  )
  var bandwidth: UInt64?

  @Option(
    help: "What is logged on standard error."
  )
  var logLevel = LogLevel.notice

  func validate() throws {
    _ = try socketGroup.map(Self.group)
    guard bundle.profile == .full else {
      throw ValidationError(
        "A compiler writes its files one after the other and says nobody when it is done: use "
          + "`syncd build --profile compiled`, and serve that file."
      )
    }
    if bandwidth == 0 { throw ValidationError("--bandwidth is at least 1 byte per second.") }
    guard let listen else { return }
    guard ServerAddress(listen) != nil else {
      throw ValidationError("'\(listen)' is no address to listen on: write host:port.")
    }
  }

  func run() async throws {
    let location = try project.location()
    let package = try merged.package()
    let folder = project.state.systemFolder(
      for: location,
      named: package?.application.serverFolder
    )
    let deployed = try deployed(location, folder)
    let group = try socketGroup.map(Self.group)
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "syncd")
    logger.logLevel = logLevel.level
    try folder.check(against: location)
    if let package { try folder.check(against: package.application.name) }
    // Before anything is touched: a refused command leaves the running server's folder as it is.
    if data != nil { try deployed?.makeDataFolder() }
    let rootLock = try RootLock(
      location,
      folder: folder,
      dataFolder: data == nil ? nil : deployed?.data
    )
    if project.state.folder == nil, let earlier = try folder.adoptEarlier(for: location) {
      logger.notice(
        "The project has moved; its system folder follows",
        metadata: ["from": "\(earlier)"]
      )
    }
    try folder.make()
    let lock = try SystemFolderLock(folder)
    let packageLock = try await package?.hold()
    for warning in try folder.create(socketGroup: group) { logger.warning("\(warning)") }
    defer {
      withExtendedLifetime(lock) {}
      withExtendedLifetime(rootLock) {}
      withExtendedLifetime(packageLock) {}
    }
    try folder.writeRecord(of: location, application: package?.application.name)
    let token = try ProjectToken(
      for: location,
      stateHome: ProjectPath(folder.path).parent.display
    )
    try token.write(into: folder)
    try await serve(location, deployed, package, folder, token, group, logger)
  }

  /// The archive with what belongs to it; `nil` for a project's folder.
  private func deployed(
    _ location: ProjectLocation,
    _ folder: SystemFolder
  ) throws -> DeployedProject? {
    guard location.archive != nil || data == nil else {
      throw ValidationError("--data is for a .4dz: the data of a project's folder is in it.")
    }
    let data = data.map { URL(filePath: $0).standardizedFileURL.path } ?? folder.data
    return try location.archive.map { _ in try DeployedProject(location, data: data) }
  }

  private static func group(_ name: String) throws -> UInt32 {
    guard let entry = getgrnam(name) else {
      throw ValidationError("There is no group '\(name)': name one for --socket-group.")
    }
    return entry.pointee.gr_gid
  }

  private func serve(
    _ location: ProjectLocation,
    _ deployed: DeployedProject?,
    _ package: ServerPackage?,
    _ folder: SystemFolder,
    _ token: ProjectToken,
    _ group: UInt32?,
    _ logger: Logger
  ) async throws {
    let name = deployed?.name ?? location.name
    let (settings, problems) =
      deployed.map { NetworkSettings.read(of: $0) } ?? NetworkSettings.read(below: location.root)
    for problem in problems {
      logger.warning(
        "The project's settings have a problem",
        metadata: ["problem": "\(Terminal.line(for: problem))"]
      )
    }
    let port = package?.application.port ?? settings.port ?? Route.defaultPort
    guard let address = ServerAddress(listen ?? "127.0.0.1", defaultPort: port) else { return }
    var options = HostedProject.Options()
    options.machineSecret = token.secretBytes
    options.bundle = bundle.options
    options.strict = bundle.strict
    options.deployed = deployed
    if let keepBytes { options.keepBytes = keepBytes }
    if let bandwidth { options.bandwidth = bandwidth }
    let hosted = try HostedProject(location, in: folder, options: options, logger: logger)
    var configuration = ServerConfiguration(
      address: address,
      socketPath: folder.socket,
      version: Version.text
    )
    configuration.socketGroup = group
    configuration.admitsAddress = { settings.rules.allows($0) }
    configuration.application = package?.served
    configuration.publication = publishing.publication(
      settings,
      of: name,
      as: package?.application.publishName
    )
    network.configure(&configuration, for: location, in: folder)
    configuration.isStandalone = session.standalone
    configuration.web = try web.configuration(
      for: location,
      named: name,
      in: folder,
      data: deployed?.data
    )
    let sessionEvents = SessionEventFeed()
    let sessions = try session.open(in: folder, listener: sessionEvents, logger)
    let roles = RolesKeeper(
      project: hosted,
      sessions: sessions,
      servesBrowsers: configuration.web != nil,
      logger: logger
    )
    await roles.read()
    let server = ProjectServer(
      project: hosted,
      sessions: sessions,
      hooks: try hooks.serverHooks(sessions, of: location, in: folder, logger),
      sessionEvents: sessionEvents,
      configuration: configuration,
      logger: logger
    )
    let services = ServiceGroup(
      configuration: .init(
        services: [
          .init(service: SessionKeeper(sessions: sessions, logger: logger)),
          .init(service: HostedProjectService(project: hosted)), .init(service: roles),
          .init(service: server),
          .init(service: Announcer(project: hosted, server: server)),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger
      )
    )
    try await services.run()
  }
}

/// Runs the open project until the process is told to stop.
private struct HostedProjectService: Service {
  let project: HostedProject

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await project.run() }
    } catch is CancellationError {
      // Told to stop: the end that was asked for.
    }
  }
}

/// Says when the project is served and, as the first to be stopped, that it will be no longer.
private struct Announcer: Service {
  let project: HostedProject
  let server: ProjectServer

  func run() async throws {
    let address = try await server.boundAddress()
    for await posted in await project.events.subscribe().cancelOnGracefulShutdown() {
      guard case .ready(let ready) = posted.event, let generation = ready.generation else {
        continue
      }
      if let fingerprint = server.keyFingerprint {
        Terminal.announce("syncd: TLS key, SHA-256 \(fingerprint)")
      }
      if let web = try await server.boundWebAddress() {
        let scheme = server.webSpeaksTLS ? "https" : "http"
        Terminal.announce("syncd: web at \(scheme)://\(web)")
      }
      Terminal.announce("syncd: serving \(project.name) at \(address), generation \(generation.id)")
      break
    }
    try? await gracefulShutdown()
    await project.announceDrain(reason: "The server was told to stop.")
  }
}

/// The log's levels as the command line names them.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
}
