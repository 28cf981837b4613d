import Bundler
import Deployment
import Foundation
import ProjectModel
import SyncProtocol
import Testing

/// What `syncd package` leaves in its folder.
@Suite(.timeLimit(.minutes(3))) struct PackagingTests {
  @Test func serverAndClientAreWhole() async throws {
    let shop = try Workshop()
    let result = try await shop.package(into: "out", "CurrentVers=3", "IPAddress=10.0.0.7")
    #expect(try shop.names("out") == [".syncd-package.json", "ShopClient", "ShopServer"])
    #expect(try shop.mode("out/.syncd-package.json") == 0o600)
    #expect(
      try shop.names("out/ShopServer") == [
        "Server Database", "ShopServer", "ShopServer.desktop", "Upgrade4DClient",
        "application.json", "bin", "install-unit", "shopserver.service",
      ]
    )
    let database = "out/ShopServer/Server Database"
    #expect(try shop.names(database) == ["Resources", "Settings", "Shop.4DZ", "WebFolder"])
    #expect(try shop.names(database + "/Settings") == ["Backup.4DSettings"])
    #expect(try shop.names(database + "/Resources") == ["Images"])
    #expect(try verifyBundle(at: "\(shop.path)/\(database)/Shop.4DZ").members.count > 2)
    #expect(try shop.mode("out/ShopServer/application.json") == 0o600)
    let version = "out/ShopClient/versions/" + result.version
    #expect(result.version.hasPrefix("3-"))
    #expect(
      try shop.names(version) == ["Database", "application.json", "bin", "start", "update-key.pem"]
    )
    #expect(
      try shop.text(version + "/Database/EnginedServer.4Dlink").contains(
        "<database_shortcut is_remote=\"true\" server_database_name=\"Shop\" "
          + "server_path=\"10.0.0.7:19813\"/>"
      )
    )
    let current = try FileManager.default.destinationOfSymbolicLink(
      atPath: shop.path + "/out/ShopClient/current"
    )
    #expect(current == "versions/" + result.version)
  }

  @Test func noFileNamesThePlaceWhereItWasMadeAndTheSecretIsWhereItBelongs() async throws {
    let shop = try Workshop()
    try await shop.package()
    let texts = FileManager.default.enumerator(atPath: shop.path + "/out")
    var secrets: [String] = []
    while let name = texts?.nextObject() as? String {
      guard !name.contains("/bin/"), let text = try? shop.text("out/" + name) else { continue }
      #expect(!text.contains(shop.path), "\(name)")
      if text.contains("the secret") { secrets.append(URL(filePath: name).lastPathComponent) }
    }
    // Through `current` and by its own name, the client's is seen once: links are not followed.
    #expect(secrets == ["application.json", "application.json"])
  }

  @Test func usersGoAlongOnlyWhereTheyAreEmbedded() async throws {
    let shop = try Workshop()
    try await shop.package(into: "out", "ServerEmbedsProjectDirectoryFile=True")
    let settings = try shop.names("out/ShopServer/Server Database/Settings")
    #expect(settings == ["Backup.4DSettings", "directory.json"])
  }

  @Test func theSameProjectGivesTheSameUpdate() async throws {
    let shop = try Workshop()
    let one = try await shop.package(into: "one")
    let two = try await shop.package(into: "two")
    #expect(one.version == two.version)
    let info = "ShopServer/Upgrade4DClient/info.json"
    #expect(try shop.text("one/" + info) == shop.text("two/" + info))
  }

  @Test func theSameApplicationIsReplacedWholeAndNothingElse() async throws {
    let shop = try Workshop()
    try shop.save("old", "project/Resources/left-over")
    try await shop.package()
    try FileManager.default.removeItem(atPath: shop.project + "/Resources/left-over")
    try shop.save("junk", "out/ShopServer/.DS_Store")
    try await shop.package(into: "out", "CurrentVers=2")
    let resources = try shop.names("out/ShopServer/Server Database/Resources")
    #expect(resources == ["Images"])
    #expect(try shop.names("out/ShopClient/versions").count == 1)
    #expect(try shop.names("").filter { $0.contains("syncd-new") } == [])
    for (folder, key) in [
      ("out", "BuildApplicationName=Other"), ("out", "HardLink=another"),
      ("project", "BuildApplicationName=Shop"),
    ] {
      let before = try shop.names(folder)
      let error = await #expect(throws: DeploymentError.self) {
        try await shop.package(into: folder, key)
      }
      #expect(error?.code == .target)
      #expect(error?.description.contains("name another folder") == true)
      #expect(try shop.names(folder) == before)
    }
    try shop.save("mine", "out/notes.txt")
    await #expect(throws: DeploymentError.self) { try await shop.package() }
    #expect(try shop.text("out/notes.txt") == "mine")
  }

  @Test func updatesNeedAKeyThatStaysPrivate() async throws {
    let shop = try Workshop()
    try await shop.package()
    #expect(try shop.mode("key.pem") == 0o600)
    let key = try shop.text("key.pem")
    try await shop.package()
    #expect(try shop.text("key.pem") == key)
    try shop.save(key, "key.pem", mode: 0o644)
    #expect(throws: DeploymentError.self) { try SigningKey(at: shop.key) }
    try shop.save("no key", "bad.pem", mode: 0o600)
    #expect(throws: DeploymentError.self) { try SigningKey(at: shop.path + "/bad.pem") }
  }

  @Test func theServerFindsWhatItIsAndWhatItOffers() async throws {
    let shop = try Workshop()
    try await shop.package(into: "out", "CurrentVers=4", "RangeVersMin=2")
    let file = shop.path + "/out/ShopServer/application.json"
    let package = try ServerPackage(at: file)
    #expect(package.application.name == "Shop" && package.application.hardLink == "the secret")
    #expect(
      package.application.versions == ClientVersions(current: 4, minimum: 2, maximum: 4)
    )
    let update = try #require(package.update)
    #expect(update.offer.version == 4 && update.offer.platform.hasPrefix("linux-"))
    func failure() -> DeploymentError? {
      #expect(throws: DeploymentError.self) { try ServerPackage(at: file) }
    }
    var bytes = try Data(contentsOf: URL(filePath: update.path))
    bytes.removeLast()
    try bytes.write(to: URL(filePath: update.path))
    #expect(failure()?.description.contains("copy the server's folder again") == true)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
    #expect(failure()?.description.contains("chmod 600") == true)
    let upsideDown = try shop.text("out/ShopServer/application.json")
      .replacing("\"minimum\" : 2", with: "\"minimum\" : 9")
    for text in ["{}", upsideDown] {
      try shop.save(text, "out/ShopServer/application.json", mode: 0o600)
      #expect(failure()?.code == .installation)
      #expect(failure()?.description.contains("describes no server") == true)
    }
  }

  @Test func programsThatNeedSwiftAreRefusedBeforeAnythingIsMade() throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let shop = try Workshop()
    try shop.usePrograms(tests)
    let error = #expect(throws: DeploymentError.self) {
      try Programs(in: shop.path + "/programs")
    }
    #expect(error?.description.contains("scripts/build-programs") == true)
    #expect(error?.description.contains("libswift") == true)
    _ = try Programs(in: shop.path + "/programs", allowsSharedSwift: true)
    try shop.save("#!/bin/sh\n", "programs/syncd-client")
    #expect(throws: DeploymentError.self) { try Programs(in: shop.path + "/programs") }
    for count in [0, 4, 16, 63, 64, 200, 1_000] {
      let whole = try #require(FileManager.default.contents(atPath: "/bin/true"))
      try whole.prefix(count).write(to: URL(filePath: shop.path + "/programs/syncd"))
      #expect(throws: DeploymentError.self) { try Programs(in: shop.path + "/programs") }
    }
  }

  @Test func programsBehindLinksArePackaged() async throws {
    let shop = try Workshop()
    for name in [Programs.server, Programs.client] {
      let path = "\(shop.path)/programs/\(name)"
      try FileManager.default.moveItem(atPath: path, toPath: path + "-1")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: name + "-1")
    }
    let result = try await shop.package()
    #expect(try shop.mode("out/ShopServer/bin/syncd") == 0o755)
    #expect(try await shop.run(result.client + "/ShopClient").status == 0)
  }

  @Test func aMissingLibraryIsNamedWithItsPackageBeforeTheProgramIsLoaded() async throws {
    let shop = try Workshop()
    let result = try await shop.package()
    let tools = shop.path + "/tools"
    try await shop.saveScript(
      "#!/bin/sh\nprintf '\\tlibxml2.so.2 => not found\\n\\tlibz.so.1 => /lib/libz.so.1 (0x0)\\n'\n",
      "tools/ldd"
    )
    for start in [result.server + "/ShopServer", result.client + "/ShopClient"] {
      let ran = try await shop.run("/usr/bin/env", "PATH=\(tools):/usr/bin:/bin", start)
      #expect(ran.status == 1)
      #expect(
        ran.errors.contains("this system lacks libxml2.so.2 (Debian: apt-get install libxml2).")
      )
    }
    #expect(try await shop.run(result.client + "/ShopClient").status == 0)
  }

  @Test func thePackageRunsWhereverItIsPutAndByALink() async throws {
    let shop = try Workshop()
    try await shop.package()
    let moved = shop.path + "/else where"
    try FileManager.default.moveItem(atPath: shop.path + "/out", toPath: moved)
    let server = moved + "/ShopServer"
    try FileManager.default.removeItem(atPath: server + "/bin/syncd")
    try await shop.saveScript(
      "#!/bin/sh\nprintf '%s\\n' \"$@\"\n",
      "else where/ShopServer/bin/syncd"
    )
    try FileManager.default.createSymbolicLink(
      atPath: shop.path + "/link",
      withDestinationPath: server + "/ShopServer"
    )
    let ran = try await shop.run(shop.path + "/link", "--log-level", "debug")
    #expect(
      ran.output.split(separator: "\n") == [
        "serve", "\(server)/Server Database/Shop.4DZ", "--application",
        "\(server)/application.json", "--listen", "0.0.0.0:19813", "--log-level", "debug",
      ]
    )
  }
}
