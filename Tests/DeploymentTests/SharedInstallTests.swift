import Deployment
import Foundation
import TestPrograms
import Testing

/// Several starts of one install, of one account or of many.
@Suite(.timeLimit(.minutes(3))) struct SharedInstallTests {
  @Test func aVersionThatIsHeldIsLeftToALaterStart() async throws {
    let place = try await Installation()
    let first = try place.client()
    var holds = [try await first.hold(), try await first.hold()]
    for hold in holds { try #require(hold.isHeld) }
    try await first.install(place.archive, for: place.offer)
    let second = try place.client(place.second)
    for _ in 0..<2 {
      second.confirm()
      #expect(try place.versions() == [place.first, place.second])
      holds.removeLast()
    }
    second.confirm()
    #expect(try place.versions() == [place.second])
    #expect(try await first.hold().isGone)
  }

  @Test func aVersionThatAnotherAccountHasLockedStarts() async throws {
    let place = try await Installation()
    try await place.prepare()
    let version = "\(place.folder)/versions/\(place.first)"
    let lock = try #require(FolderLock(version))
    defer { withExtendedLifetime(lock) {} }
    let hold = try await place.client().hold(within: .milliseconds(50))
    #expect(!hold.isHeld && !hold.isGone)
    // The time that the start file waits is shortened, and not given to one that waits for ever.
    try await place.shop.saveScript(
      "#!/bin/sh\n[ \"$1\" = -w ] && shift 2 && exec /usr/bin/flock -w 0.05 \"$@\"\n"
        + "exec /usr/bin/flock \"$@\"\n",
      "tools/flock"
    )
    let ran = try await place.shop.run(
      "/usr/bin/env",
      "PATH=\(place.shop.path)/tools:/usr/bin:/bin",
      place.folder + "/ShopClient"
    )
    #expect(ran.output == "\(place.first) runs\n" && ran.errors == "", "\(ran)")
  }

  @Test func aVersionThatIsBeingRemovedIsNotWaitedFor() async throws {
    let place = try await Installation()
    let versions = place.folder + "/versions/"
    let client = try place.client()
    let lock = try #require(FolderLock(versions + place.first))
    defer { withExtendedLifetime(lock) {} }
    try FileManager.default.moveItem(
      atPath: versions + place.first,
      toPath: "\(versions).syncd-old-\(place.first)"
    )
    #expect(try await client.hold(within: .seconds(600)).isGone)
  }

  @Test func onlyWhoMayWriteTheVersionsCanLockThem() async throws {
    let place = try await Installation()
    let file = "one/ShopClient/versions/.lock"
    let versions = place.folder + "/versions"
    // One of an earlier version that is there already loses the rights of others.
    try place.shop.save("", file, mode: 0o644)
    try place.client().tidy()
    #expect(try place.shop.mode(file) == 0o600)
    for (folder, rights) in [(0o755, 0o600), (0o775, 0o660), (0o1777, 0o666)] {
      try FileManager.default.removeItem(atPath: "\(place.shop.path)/\(file)")
      try FileManager.default.setAttributes([.posixPermissions: folder], ofItemAtPath: versions)
      try place.client().tidy()
      #expect(try place.shop.mode(file) == rights)
    }
    // A link leads nowhere.
    try FileManager.default.removeItem(atPath: "\(place.shop.path)/\(file)")
    try FileManager.default.createSymbolicLink(
      atPath: "\(place.shop.path)/\(file)",
      withDestinationPath: "../made"
    )
    try place.client().tidy()
    #expect(try !place.shop.names("one/ShopClient").contains("made"))
  }

  @Test func theLockIsForTheGroupThatSharesTheInstall() async throws {
    // Another group and owner are root's to give.
    guard geteuid() == 0 else { return }
    let place = try await Installation()
    let versions = place.folder + "/versions"
    try #require(chown(versions, 65_534, 65_534) == 0 && chmod(versions, 0o775) == 0)
    try place.client().tidy()
    let lock = try FileManager.default.attributesOfItem(atPath: versions + "/.lock")
    #expect(lock[.groupOwnerAccountID] as? Int == 65_534)
    #expect(lock[.ownerAccountID] as? Int == 65_534)
    #expect(lock[.posixPermissions] as? Int == 0o660)
  }

  @Test func theStartFileHoldsTheVersionThatItStarts() async throws {
    let place = try await Installation()
    let body = "echo runs; read word <'\(place.shop.path)/pipe'"
    try await place.script(place.first, body)
    try #require(mkfifo(place.shop.path + "/pipe", 0o600) == 0)
    let first = try RunningProgram(place.folder + "/ShopClient", [])
    #expect(await first.line() == "runs")
    try await place.client().install(place.archive, for: place.offer)
    try await place.script(place.second, body)
    // On a first start the shell stays, and holds nothing itself.
    let second = try RunningProgram(place.folder + "/ShopClient", [])
    #expect(await second.line() == "runs")
    while try holds(second.pid, "/versions/\(place.second)") {
      try Task.checkCancellation()
      await Task.yield()
    }
    let client = try place.client(place.second)
    client.confirm()
    #expect(try place.versions() == [place.first, place.second])
    first.send(SIGKILL)
    _ = await first.exitStatus()
    client.confirm()
    #expect(try place.versions() == [place.second])
    second.send(SIGTERM)
    _ = await second.exitStatus()
  }

  /// Whether a process has the folder open that lies there.
  private func holds(_ pid: Int32, _ folder: String) throws -> Bool {
    let open = "/proc/\(pid)/fd"
    return try FileManager.default.contentsOfDirectory(atPath: open)
      .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(open)/\($0)") }
      .contains { $0.contains(folder) && !$0.hasSuffix("/start") }
  }

  @Test func aVersionThatGoesAsItIsStartedIsReplacedByTheCurrentOne() async throws {
    let place = try await Installation()
    try await place.client().install(place.archive, for: place.offer)
    try await place.prepare()
    let link = place.folder + "/current"
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(
      atPath: link,
      withDestinationPath: "versions/\(place.first)"
    )
    // Another start is quicker, between the look at the link and the lock.
    try await place.shop.saveScript(
      "#!/bin/sh\nln -sfn 'versions/\(place.second)' '\(link)'\n"
        + "rm -rf '\(place.folder)/versions/\(place.first)' '\(place.folder)/previous'\n",
      "tools/flock"
    )
    let ran = try await place.shop.run(
      "/usr/bin/env",
      "PATH=\(place.shop.path)/tools:/usr/bin:/bin",
      place.folder + "/ShopClient"
    )
    #expect(ran.output == "\(place.second) runs\n" && ran.errors == "", "\(ran)")
  }
}
