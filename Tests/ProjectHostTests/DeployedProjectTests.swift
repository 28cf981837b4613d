import Bundler
import Foundation
import Logging
import ProjectHost
import ProjectModel
import SyncProtocol
import Testing

extension WatchingTests {
  /// A project that is served from its archive.
  @Suite(.timeLimit(.minutes(3))) struct DeployedProjectTests {
    private let folder: TemporaryFolder
    private var archive: String { folder.path + "/app/App.4dz" }

    init() throws {
      folder = try TemporaryFolder()
      try folder.write("{}", to: "p/Project/Shop.4DProject")
      try folder.write(Self.catalog("Books"), to: "p/Project/Sources/catalog.4DCatalog")
      try folder.write("", to: "app/Resources/x.txt")
    }

    private static func catalog(_ table: String) -> String {
      "<base>\n\t<table name=\"\(table)\" uuid=\"7839FB5E44254ABDB9F7BCDDC4BF2033\" id=\"1\"/>\n</base>"
    }

    private func build() async throws {
      let snapshot = try await BundleBuilder(root: folder.path + "/p").build()
      try writeBundle(snapshot, to: archive)
    }

    private func location() throws -> ProjectLocation { try ProjectLocation(opening: archive) }

    // MARK: Where it lies

    @Test func anArchiveIsFoundByItsPathAlsoWhileItIsAway() async throws {
      let away = try location()
      #expect(away.archive == archive)
      #expect(away.path == archive)
      #expect(away.root == folder.path + "/app")
      #expect(away.name == "App")
      try await build()
      #expect(try location() == away)
      let project = try ProjectLocation(opening: folder.path + "/p")
      #expect(project.archive == nil)
      #expect(project.path == project.root)
      // A folder of such a name is a folder.
      try folder.write("{}", to: "q.4dz/Project/Q.4DProject")
      #expect(try ProjectLocation(opening: folder.path + "/q.4dz").archive == nil)
    }

    @Test func theSystemFolderIsTheArchivesOwn() async throws {
      try await build()
      let one = SystemFolder(for: try location(), stateHome: "/s", home: "/h")
      let hash = SHA256.digest(of: Array(archive.utf8)).hex.prefix(8)
      #expect(one.path == "/s/syncd/App-\(hash)")
    }

    @Test func itsNameIsThatOfTheProjectInIt() async throws {
      try await build()
      let project = try DeployedProject(location(), data: folder.path + "/data")
      #expect(project.name == "Shop")
      #expect(project.package == folder.path + "/app")
      #expect(project.file(ProjectLayout.catalog) == Array(Self.catalog("Books").utf8))
      #expect(project.file(ProjectLayout.roles) == nil)
    }

    @Test func theSettingsComeFromTheArchiveAndWhatLiesBesideIt() async throws {
      func settings(_ port: Int, _ user: Bool) -> String {
        "<preferences><com.4d><general allow_user_settings=\"\(user)\"/><server><network>"
          + "<options publication_port=\"\(port)\"/></network></server></com.4d></preferences>"
      }
      try folder.write(settings(20_001, true), to: "p/\(ProjectLayout.structureSettings)")
      try await build()
      let project = try DeployedProject(location(), data: folder.path + "/data")
      let inside = NetworkSettings.read(of: project).settings.port
      try folder.write(settings(20_002, true), to: "app/\(ProjectLayout.userSettings)")
      let beside = NetworkSettings.read(of: project).settings.port
      try folder.write(settings(20_003, true), to: "data/\(ProjectLayout.userSettings)")
      let data = NetworkSettings.read(of: project).settings.port
      #expect([inside, beside, data] == [20_001, 20_002, 20_003])
    }

    @Test func twoServersDoNotShareTheDataFolder() async throws {
      try await build()
      try folder.write("", to: "data/x")
      let data = folder.path + "/data"
      let state = SystemFolder(at: folder.path + "/none")
      let first = try RootLock(location(), folder: state, dataFolder: data)
      #expect(throws: HostError.self) {
        _ = try RootLock(location(), folder: state, dataFolder: data)
      }
      // Reading alone needs no lock.
      let other = try RootLock(location(), folder: state)
      withExtendedLifetime(first) {}
      withExtendedLifetime(other) {}
    }

    // MARK: Served

    private func serve(
      _ body: @escaping @Sendable (HostedProject) async throws -> Void
    ) async throws {
      try await build()
      let system = SystemFolder(at: folder.path + "/state")
      try system.create()
      let project = try HostedProject(
        location(),
        in: system,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      )
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await project.run() }
        group.addTask {
          for await event in await project.events.subscribe() {
            if case .ready(let ready) = event.event, ready.generation != nil { break }
          }
          try await body(project)
        }
        try await group.next()
        group.cancelAll()
      }
    }

    @Test func theCatalogFollowsTheGenerationAndIsOnlyRead() async throws {
      try await serve { project in
        let events = await project.events.subscribe()
        let first = try await project.catalog.state()
        #expect(await project.revisionOfTheStart == first.revision)
        try folder.write(Self.catalog("Authors"), to: "p/Project/Sources/catalog.4DCatalog")
        try await build()
        for await event in events {
          guard case .catalog(let change) = event.event else { continue }
          #expect(change.since == first.revision)
          #expect(change.changed?.isEmpty == false)
          let second = try await project.catalog.state()
          #expect(change.revision == second.revision)
          #expect(second.content.tables.map(\.name) == ["Authors"])
          break
        }
        let refused = await problem {
          _ = try await project.catalog.apply(
            EditRequest<CatalogOperation>(opID: "1", operations: []),
            to: first.revision,
            isLenient: false,
            author: "test"
          )
        }
        #expect(refused?.problemType == .readOnly)
      }
    }

    @Test func aMemberThatIsDamagedKeepsTheLastGeneration() async throws {
      try await serve { project in
        let first = project.current()
        let bytes = try Data(contentsOf: URL(filePath: archive))
        let name = try #require(bytes.range(of: Data("catalog.4DCatalog".utf8)))
        // In the member's content: nothing in the directory tells of it.
        let middle = UInt64(name.upperBound + 20)
        let file = try FileHandle(forUpdating: URL(filePath: archive))
        try file.seek(toOffset: middle)
        let byte = try file.read(upToCount: 1) ?? Data()
        try file.seek(toOffset: middle)
        try file.write(contentsOf: byte.map { $0 ^ 0xFF })
        try file.close()
        let deadline = ContinuousClock().now.advanced(by: .seconds(150))
        #expect(await project.reload(reason: .command, deadline: deadline).outcome == .failed)
        #expect(await project.condition().state == .degraded)
        #expect(project.current() == first)
        try await build()
        #expect(await project.reload(reason: .command, deadline: deadline).outcome == .unchanged)
        #expect(await project.condition().state == .serving)
        #expect(project.current() == first)
      }
    }

    @Test func theUsersOfTheApplicationAreReadAndTheFirstEditCopiesThem() async throws {
      let embedded = String(decoding: DirectoryDocument.newFile, as: UTF8.self)
      try folder.write(embedded, to: "app/Settings/directory.json")
      try await serve { project in
        let before = try await project.directory.state()
        #expect(await project.directory.revision() == before.revision)
        let copy = folder.path + "/state/Data/Settings/directory.json"
        #expect(!FileManager.default.fileExists(atPath: copy))
        let edit = try await project.directory.apply(
          EditRequest(
            opID: "first",
            operations: [.addUser(name: "Eve", alias: nil, startupMethod: nil)]
          ),
          to: before.revision,
          isLenient: false,
          author: "test"
        )
        #expect(edit.revision != before.revision)
        #expect(try String(contentsOfFile: copy, encoding: .utf8).contains("Eve"))
        let kept = try String(
          contentsOfFile: folder.path + "/app/Settings/directory.json",
          encoding: .utf8
        )
        #expect(kept == embedded)
        // The data's own wins from here on, whatever comes with the application.
        try folder.write("{broken", to: "app/Settings/directory.json")
        #expect(try await project.directory.state().revision == edit.revision)
      }
    }

    private func problem(_ body: () async throws -> Void) async -> ProblemDetails? {
      do {
        try await body()
        return nil
      } catch {
        return error as? ProblemDetails
      }
    }
  }
}

extension HostedProject {
  fileprivate var revisionOfTheStart: String? {
    get async { await events.revisions.catalog }
  }
}
