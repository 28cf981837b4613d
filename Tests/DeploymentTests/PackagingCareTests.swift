import Deployment
import Foundation
import Testing

/// What packaging leaves alone, refuses and keeps.
@Suite(.timeLimit(.minutes(3))) struct PackagingCareTests {
  private func refusal(_ shop: Workshop, into folder: String) async throws -> DeploymentError? {
    await #expect(throws: DeploymentError.self) { try await shop.package(into: folder) }
  }

  @Test func theProjectIsNoPlaceForTheApplication() async throws {
    let shop = try Workshop()
    try FileManager.default.createSymbolicLink(
      atPath: shop.path + "/elsewhere",
      withDestinationPath: "project/Resources"
    )
    for folder in ["project/Resources/dist", "project/Project/dist", "elsewhere/dist", "project"] {
      let error = try await refusal(shop, into: folder)
      #expect(error?.code == .target && error?.description.contains("in the project") == true)
    }
    #expect(try shop.names("project/Resources") == [".DS_Store", "Images"])
  }

  @Test func filesKeepTheirRights() async throws {
    let shop = try Workshop()
    try shop.save("run", "project/Resources/tool", mode: 0o777)
    try shop.save("mine", "project/Resources/private", mode: 0o600)
    try await shop.package(into: "out", "ServerEmbedsProjectDirectoryFile=True")
    let database = "out/ShopServer/Server Database"
    #expect(try shop.mode(database + "/Resources/tool") == 0o755)
    #expect(try shop.mode(database + "/Resources/private") == 0o600)
    #expect(try shop.mode(database + "/Settings/directory.json") == 0o600)
    #expect(try shop.mode(database + "/WebFolder/index.html") == 0o644)
  }

  @Test func aFolderThatIsALinkIsSaid() async throws {
    let shop = try Workshop()
    try shop.save("x", "shared/page.html")
    try FileManager.default.createSymbolicLink(
      atPath: shop.project + "/Libraries",
      withDestinationPath: "../shared"
    )
    #expect(try await shop.package().leftOut == ["Libraries"])
  }

  @Test func theBuildersSettingsStayUnderAnyName() async throws {
    let shop = try Workshop()
    try shop.save(
      "<Preferences4D><BuildApp><CS><HardLink>x</HardLink></CS></BuildApp></Preferences4D>",
      "project/Settings/release.4DSettings"
    )
    try shop.save("<Preferences4D><BuildApp>", "project/Settings/broken.4DSettings")
    try await shop.package()
    let settings = try shop.names("out/ShopServer/Server Database/Settings")
    #expect(settings == ["Backup.4DSettings"])
  }

  @Test(
    arguments: [
      "ShopServer/Server Database/key.pem", "ShopServer/cert.pem",
      "ShopServer/Server Database/Settings/Certificates/own.pem",
      "ShopServer/Server Database/Settings/Backup.4DSettings",
      "ShopServer/Server Database/Resources/Images/logo.png",
      "ShopServer/Upgrade4DClient/notes", "ShopServer/shopserver.service",
      "ShopClient/notes.txt", "ShopClient/ShopClient", "ShopClient/versions/notes",
      "ShopClient/versions/VERSION/ca.pem",
      "ShopClient/versions/VERSION/Database/EnginedServer.4Dlink",
      "ShopClient/versions/9-01234567/own.txt", "ShopClient/current/application.json",
      "ShopServer/backup.sql~", "ShopServer/Server Database/Settings/notes.tmp",
      "ShopClient/.notes.swp", "ShopServer/bin/4913", "ShopServer/._own/page.html",
    ]
  )
  func whatSomebodyPutThereIsNotLost(name: String) async throws {
    let shop = try Workshop()
    let version = try await shop.package().version
    let name = name.replacing("VERSION", with: version)
    let isNew = !FileManager.default.fileExists(atPath: "\(shop.path)/out/\(name)")
    try shop.save("secret", "out/" + name)
    let error = try await refusal(shop, into: "out")
    let place = name.replacing("/current/", with: "/versions/\(version)/")
    let says = isNew ? "\(place) is not of" : "\(place) was changed since"
    #expect(error?.code == .target && error?.description.contains(says) == true, "\(error as Any)")
    #expect(try shop.text("out/" + name) == "secret")
    #expect(try shop.names("") == ["key.pem", "out", "programs", "project"])
  }

  @Test func aFolderWithoutItsListIsLeftAlone() async throws {
    let shop = try Workshop()
    try await shop.package()
    try FileManager.default.removeItem(atPath: shop.path + "/out/.syncd-package.json")
    let error = try await refusal(shop, into: "out")
    #expect(error?.description.contains("lacks its .syncd-package.json") == true)
    #expect(try shop.names("out").count == 2)
  }

  @Test func aClientThatRunsWhereItWasPackagedIsNotPulledAway() async throws {
    let shop = try Workshop()
    let made = try await shop.package()
    let installed = try InstalledClient(version: "\(made.client)/versions/\(made.version)")
    var hold: InstalledClient.Hold? = try await installed.hold()
    try #require(hold?.isHeld == true)
    let error = try await refusal(shop, into: "out")
    #expect(error?.code == .busy && error?.description.contains("A client runs out of") == true)
    #expect(FileManager.default.fileExists(atPath: installed.startFile))
    hold = nil
    try await shop.package(into: "out", "CurrentVers=2")
    #expect(try shop.names("out/ShopClient/versions").allSatisfy { $0.hasPrefix("2-") })
  }

  @Test func aServerThatRunsWhereItWasPackagedIsNotPulledAway() async throws {
    let shop = try Workshop()
    let server = try await shop.package().server
    let package = try ServerPackage(at: server + "/application.json")
    var hold = try await package.hold()
    try #require(hold != nil)
    let error = try await refusal(shop, into: "out")
    #expect(error?.code == .busy && error?.description.contains("The server runs out of") == true)
    #expect(try shop.names("") == ["key.pem", "out", "programs", "project"])
    hold = nil
    try await shop.package()
  }

  /// Only the two programs are known by their size.
  @Test func aChangedFileOfTheSameSizeIsSeen() async throws {
    let shop = try Workshop()
    try shop.save("one", "project/Resources/bin/tool.txt")
    try await shop.package()
    try shop.save("two", "out/ShopServer/Server Database/Resources/bin/tool.txt")
    let error = try await refusal(shop, into: "out")
    #expect(error?.description.contains("bin/tool.txt was changed since") == true)
  }

  @Test func foldersThatSomebodyMadeAreNotLostAndThoseOfTheProjectAreNoReason() async throws {
    let shop = try Workshop()
    let empty = "/project/Resources/empty/inner"
    try FileManager.default.createDirectory(
      atPath: shop.path + empty,
      withIntermediateDirectories: true
    )
    let version = try await shop.package().version
    try FileManager.default.removeItem(
      atPath: shop.path + "/out/ShopServer/Server Database/WebFolder/index.html"
    )
    try await shop.package()
    for name in [
      "ShopServer/Data", "ShopServer/Server Database/Resources/empty/inner/own", "ShopClient/own",
      "ShopClient/versions/\(version)/own", "ShopClient/versions/own",
    ] {
      let path = "\(shop.path)/out/\(name)"
      for junk in [".DS_Store", "._page", "Thumbs.db", "desktop.ini"] {
        try shop.save("junk", "out/\(name)/\(junk)")
      }
      let error = try await refusal(shop, into: "out")
      #expect(error?.description.contains("\(name) is not of") == true, "\(error as Any)")
      try FileManager.default.removeItem(atPath: path)
    }
    try shop.save("junk", "out/ShopServer/.DS_Store")
    try shop.save("junk", "out/.DS_Store")
    try await shop.package()
    #expect(try shop.names("out").count == 3)
  }

  @Test func aLinkIsFollowedWhereItLeadsToAFolder() async throws {
    let shop = try Workshop()
    let files = FileManager.default
    let link = shop.path + "/link"
    try files.createDirectory(atPath: shop.path + "/real", withIntermediateDirectories: true)
    try files.createSymbolicLink(atPath: link, withDestinationPath: "real")
    for version in 1...2 {
      let made = try await shop.package(into: "link", "CurrentVers=\(version)")
      #expect(made.server == shop.path + "/real/ShopServer")
    }
    #expect(try files.destinationOfSymbolicLink(atPath: link) == "real")
    #expect(try shop.names("real").count == 3)
    for target in ["nowhere", "key.pem"] {
      try files.removeItem(atPath: link)
      try files.createSymbolicLink(atPath: link, withDestinationPath: target)
      let error = try await refusal(shop, into: "link")
      #expect(error?.description.contains("/link is a link to \(target), which is no") == true)
    }
    try files.removeItem(atPath: link)
    try files.createSymbolicLink(atPath: link, withDestinationPath: "project/Resources")
    let error = try await refusal(shop, into: "link")
    #expect(error?.description.contains("in the project") == true, "\(error as Any)")
  }

  @Test func whatAClientDoesWhereItWasPackagedIsNoReason() async throws {
    let shop = try Workshop()
    let first = try await shop.package().version
    let third = try await shop.package(into: "later", "CurrentVers=3").version
    let source = UpdateFolder(shop.path + "/later/ShopServer/Upgrade4DClient")
    let offer = try #require(try await source.offer())
    let folder = shop.path + "/out/ShopClient/versions/"
    let client = try InstalledClient(version: folder + first)
    let archive = shop.path + "/later/ShopServer/Upgrade4DClient/update.linux.4darchive"
    try await client.install(archive, for: offer)
    try shop.save("half", "out/ShopClient/versions/.syncd-new-4-00000000/start")
    try await shop.package()
    #expect(try shop.names("out/ShopClient/versions") == [first])
    try await InstalledClient(version: folder + first).install(archive, for: offer)
    try InstalledClient(version: folder + third).confirm()
    #expect(try shop.names("out/ShopClient/versions") == [".lock", third])
    try await shop.package()
    #expect(try shop.names("out/ShopClient/versions") == [first])
  }

  @Test func whatAKilledPackagingLeftGoesAndARunningOneIsLeftAlone() async throws {
    let shop = try Workshop()
    try shop.save("half", ".out.syncd-new-1/version/start")
    try await shop.package()
    #expect(try !shop.names("").contains { $0.contains("syncd-new") })
    try shop.save("half", ".out.syncd-new-2/version/start")
    let folder = open(shop.path + "/.out.syncd-new-2", O_RDONLY | O_CLOEXEC)
    defer { close(folder) }
    try #require(flock(folder, LOCK_EX | LOCK_NB) == 0)
    let error = try await refusal(shop, into: "out")
    #expect(error?.code == .busy && error?.description.contains("Another packaging") == true)
    #expect(try shop.text(".out.syncd-new-2/version/start") == "half")
  }

  @Test func theUnitIsInstalledFromAFolderOfAnyName() async throws {
    let shop = try Workshop()
    let name = "R&D 100% |$HOME 'n' a\"b\\c ü"
    try await shop.package(into: name)
    try shop.save("", "units/.keep")
    let server = "\(shop.path)/\(name)/ShopServer"
    let ran = try await shop.run(server + "/install-unit", shop.path + "/units")
    #expect(ran.status == 0, "\(ran)")
    let unit = try shop.text("units/shopserver.service")
    let folder = shop.path + "/R&D 100%% |$$HOME 'n' a\\\"b\\\\c ü/ShopServer"
    #expect(unit.contains("\nExecStart=/bin/sh \"\(folder)/ShopServer\"\n"), "\(unit)")
    // The systemd of this machine, where there is one, has nothing to say about it.
    let judge = "/usr/bin/systemd-analyze"
    guard FileManager.default.isExecutableFile(atPath: judge) else { return }
    let judged = try await shop.run(judge, "verify", shop.path + "/units/shopserver.service")
    #expect(judged.status == 0 && judged.errors == "", "\(judged)")
  }

  @Test func aUnitForAFolderWithALineBreakIsRefusedInOneSentence() async throws {
    let shop = try Workshop()
    try shop.save("", "units/.keep")
    for name in ["line\nbreak", "end\n"] {
      try await shop.package(into: name)
      let start = "\(shop.path)/\(name)/ShopServer/install-unit"
      let ran = try await shop.run(start, shop.path + "/units")
      #expect(ran.status == 1 && ran.errors.contains("path holds a line break"), "\(ran)")
      #expect(ran.errors.split(separator: "\n").count == 1)
    }
    #expect(try shop.names("units") == [".keep"])
  }

  @Test func menuEntriesAreWellFormedAndStartFromAFolderOfAnyName() async throws {
    let shop = try Workshop()
    let name = "R&D 100% |$HOME 'n' a\"b\\c ü"
    try await shop.package(
      into: name,
      "BuildApplicationName=Bücher & Co",
      "PublishName=a;b\\c \"d\""
    )
    let judge = "/usr/bin/desktop-file-validate"
    for kind in ["Server", "Client"] {
      let entry = "\(name)/Bücher & Co\(kind)/Bücher & Co\(kind).desktop"
      let path = "\(shop.path)/\(entry)"
      let text = try shop.text(entry)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Exec=") })
      // As the specification has it: first the escapes of values, then those of quoted arguments.
      let command = String(line.dropFirst("Exec=sh -c \"".count)).replacing("\\\\", with: "\\")
        .replacing("\\\"", with: "\"").replacing("\\$", with: "$")
      let script = try #require(command.split(separator: "\" sh %k").first)
      let start = "\(name)/Bücher & Co\(kind)/Bücher & Co\(kind)"
      try await shop.saveScript("#!/bin/sh\necho started \(kind)\n", start)
      let ran = try await shop.run("/bin/sh", "-c", String(script), "sh", path)
      #expect(ran.output == "started \(kind)\n", "\(ran) \(script)")
      guard FileManager.default.isExecutableFile(atPath: judge) else { continue }
      let judged = try await shop.run(judge, path)
      #expect(judged.status == 0 && judged.output == "", "\(judged)")
    }
  }

  @Test func aUnitsNameIsPlain() async throws {
    let shop = try Workshop()
    try await shop.package(into: "one", "BuildApplicationName=Bücher 2", "PublishName=a\\b")
    let names = try shop.names("one/Bücher 2Server")
    #expect(names.contains("b-cher-2server.service"))
    let entry = try shop.text("one/Bücher 2Server/Bücher 2Server.desktop")
    #expect(entry.contains("\nComment=Serves a\\\\b\n"))
    try await shop.package(into: "two", "BuildApplicationName=書店")
    let unit = try shop.names("two/書店Server").filter { $0.hasSuffix(".service") }
    #expect(unit.count == 1 && unit.allSatisfy { $0.hasPrefix("syncd-app-") })
    #expect(unit.allSatisfy { $0.utf8.count == "syncd-app-01234567.service".utf8.count })
  }

  @Test func librariesThatAreTooOldAreNamed() async throws {
    let shop = try Workshop()
    let result = try await shop.package()
    try await shop.saveScript(
      "#!/bin/sh\necho \"$1: /lib/libc.so.6: version \\`GLIBC_2.99' not found (required by $1)\" >&2\n",
      "tools/ldd"
    )
    let start = result.client + "/ShopClient"
    let old = try await shop.run("/usr/bin/env", "PATH=\(shop.path)/tools:/usr/bin:/bin", start)
    #expect(old.status == 1 && old.errors.contains("they lack GLIBC_2.99 (take"), "\(old)")
    // Without ldd the loader has the word.
    let tools = "dirname readlink sed sort printf ls grep tr"
    let linked = try await shop.run(
      "/bin/sh",
      "-c",
      "mkdir '\(shop.path)/few'; for t in \(tools); do ln -s \"$(command -v $t)\" '\(shop.path)/few'; done; true"
    )
    try #require(linked.status == 0)
    let bare = try await shop.run("/usr/bin/env", "PATH=\(shop.path)/few", start)
    #expect(bare.status == 0 && bare.errors == "", "\(bare)")
  }
}
