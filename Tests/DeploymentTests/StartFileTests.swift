import Deployment
import Foundation
import ProjectModel
import SyncProtocol
import Testing

/// The files that start an application, where something about the machine or the names is unusual.
@Suite(.timeLimit(.minutes(3))) struct StartFileTests {
  /// Where a packaged server listens.
  private func listening(_ shop: Workshop, _ host: String?) async throws -> String {
    let keys = host.map { "IPAddress=\($0)" } ?? "PortNumber=19813"
    let server = try await shop.package(into: "out", keys).server
    try await shop.saveScript("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", "echoing")
    let echoing = try await shop.run("/bin/mv", shop.path + "/echoing", server + "/bin/syncd")
    try #require(echoing.status == 0)
    let words = try await shop.run(server + "/ShopServer").output.split(separator: "\n")
    try FileManager.default.removeItem(atPath: shop.path + "/out")
    let option = try #require(words.firstIndex(of: "--listen"))
    return String(words[option + 1])
  }

  @Test func theServerListensWhereItsClientsLookForIt() async throws {
    let shop = try Workshop()
    #expect(try await listening(shop, nil) == "0.0.0.0:19813")
    #expect(try await listening(shop, "10.0.0.7") == "0.0.0.0:19813")
    #expect(try await listening(shop, "fd00::7") == "[::]:19813")
    // One socket for both, where the machine has that.
    let alone = try? String(contentsOfFile: "/proc/sys/net/ipv6/bindv6only", encoding: .utf8)
    let hasBoth = FileManager.default.fileExists(atPath: "/proc/net/if_inet6") && alone == "0\n"
    let named = try await listening(shop, "books.example.org")
    #expect(named == (hasBoth ? "[::]:19813" : "0.0.0.0:19813"))
  }

  @Test func whatIsTakenForAHostIsAnAddressInTheLink() throws {
    for host in ["10.0.0.7", "::1", "fd00::7", "books.example.org", "bücher", "a_b-c.d"] {
      let keys = try ApplicationKeys(settings: nil, overrides: ["IPAddress=\(host)"], project: "A")
      guard case .address(let text, _) = try keys.link().destination() else {
        Issue.record("\(host) is no address")
        continue
      }
      #expect(ServerAddress(text)?.host == host && ServerAddress(text)?.port == 19_813)
    }
  }

  @Test func withoutAPathNothingOfTheCurrentFolderIsStarted() async throws {
    let shop = try Workshop()
    let made = try await shop.package()
    for name in ["versions/1-00000000/start", "bin/syncd", "bin/syncd-client"] {
      try await shop.saveScript("#!/bin/sh\necho foreign\n", "here/" + name)
    }
    let starts = [
      made.client + "/ShopClient", made.server + "/ShopServer",
      "\(made.client)/versions/\(made.version)/start",
    ]
    for start in starts {
      let script = "cd '\(shop.path)/here' && PATH=$1 && export PATH && exec /bin/sh '\(start)'"
      let empty = try await shop.run("/bin/sh", "-c", script, "sh", "")
      #expect(empty.status == 0 && empty.output == "" && empty.errors == "", "\(start) \(empty)")
      let wrong = try await shop.run("/bin/sh", "-c", script, "sh", "/nowhere")
      #expect(wrong.status == 1 && wrong.output == "", "\(start) \(wrong)")
      #expect(wrong.errors.contains("cannot be told: PATH has to name readlink and dirname."))
      #expect(wrong.errors.split(separator: "\n").count == 1, "\(wrong)")
    }
  }

  @Test func aNameMayHoldWhatAShellTakesForTheEndOfAWord() async throws {
    let shop = try Workshop()
    let made = try await shop.package(into: "out", "BuildApplicationName=A}B #{c}")
    let start = made.client + "/A}B #{c}Client"
    #expect(try await shop.run(start).status == 0)
    try FileManager.default.removeItem(atPath: made.client + "/current")
    let other = try await shop.run(start)
    let says = "A}B #{c}Client: no version is current in \(made.client).\n"
    #expect(other.status == 0, "\(other)")
    #expect(other.errors == says + "A}B #{c}Client: \(made.version) goes on.\n", "\(other)")
    try FileManager.default.removeItem(atPath: "\(made.client)/versions/\(made.version)")
    let none = try await shop.run(start)
    #expect(none.status == 1, "\(none)")
    #expect(
      none.errors
        == "A}B #{c}Client: no version is installed in \(made.client); install it again.\n"
    )
  }

  @Test func anotherServersUnitIsNotOverwritten() async throws {
    let shop = try Workshop()
    try shop.save("", "units/.keep")
    let units = shop.path + "/units"
    let one = try await shop.package(into: "one", "BuildApplicationName=A#b").server
    let two = try await shop.package(into: "two", "BuildApplicationName=A}B").server
    // Twice: an installation of the same folder is renewed.
    for _ in 1...2 {
      #expect(try await shop.run(one + "/install-unit", units).status == 0)
    }
    let unit = try shop.text("units/a-bserver.service")
    let refused = try await shop.run(two + "/install-unit", units)
    #expect(refused.status == 1, "\(refused)")
    #expect(
      refused.errors.contains("\(units)/a-bserver.service starts the server of another folder")
    )
    #expect(refused.errors.contains("remove it first"))
    #expect(try shop.text("units/a-bserver.service") == unit)
    try FileManager.default.removeItem(atPath: units + "/a-bserver.service")
    #expect(try await shop.run(two + "/install-unit", units).status == 0)
    #expect(
      try shop.text("units/a-bserver.service").contains("ExecStart=/bin/sh \"\(two)/A}BServer")
    )
  }

  @Test func theUnitMayBindAPortThatNeedsItAndNoOther() async throws {
    let shop = try Workshop()
    let line = "\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"
    try await shop.package(into: "low", "PortNumber=443")
    #expect(try shop.text("low/ShopServer/shopserver.service").contains(line))
    try await shop.package(into: "usual", "PortNumber=1024")
    #expect(try !shop.text("usual/ShopServer/shopserver.service").contains("Capabilities"))
  }

  @Test func whereAFileSystemBeginsIsNoPlaceToPackageInto() async throws {
    let shop = try Workshop()
    try shop.save("", "mount/.keep")
    let mount = shop.path + "/mount"
    let mounted = try await shop.run("/usr/bin/env", "mount", "-t", "tmpfs", "tmpfs", mount)
    defer { _ = try? Process.run(URL(filePath: "/usr/bin/umount"), arguments: ["-l", mount]) }
    // Mounting is for root alone.
    let root = (0..<32).map { _ in ".." }.joined(separator: "/")
    for folder in mounted.status == 0 ? ["mount", root] : [root] {
      let error = await #expect(throws: DeploymentError.self) {
        try await shop.package(into: folder)
      }
      #expect(error?.code == .target, "\(error as Any)")
      #expect(error?.description.contains("name a folder in it with -o") == true)
    }
    guard mounted.status == 0 else { return }
    try await shop.package(into: "mount/dist")
  }
}
