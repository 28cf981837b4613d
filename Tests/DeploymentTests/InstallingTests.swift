import Deployment
import Foundation
import ProjectModel
import SyncProtocol
import Testing

/// How an update takes a version's place, and what stands in its way.
@Suite(.timeLimit(.minutes(3))) struct InstallingTests {
  @Test func anUpdateBecomesTheCurrentVersionAndTheOldOneStaysUntilItHasStarted() async throws {
    let place = try await Installation()
    try await place.client().install(place.archive, for: place.offer)
    try await place.prepare()
    #expect(try await place.start().output == "\(place.second) runs\n")
    #expect(try place.versions() == [place.first, place.second])
    // Not before the new one says that it works.
    try place.client().confirm()
    #expect(try place.versions().count == 2)
    try place.client(place.second).confirm()
    #expect(try place.versions() == [place.second])
    #expect(try place.shop.names("one/ShopClient").contains("previous") == false)
    #expect(try await place.start().output == "\(place.second) runs\n")
    let check = try await place.shop.run(
      "/usr/bin/diff",
      "-r",
      "--exclude=start",
      place.folder + "/versions/" + place.second,
      place.shop.path + "/two/ShopClient/versions/" + place.second
    )
    #expect(check.output == "" && check.status == 0)
  }

  @Test(arguments: InstallStep.allCases)
  func aClientThatIsKilledAtAnyStepStarts(step: InstallStep) async throws {
    struct Killed: Error {}
    let place = try await Installation()
    await #expect(throws: Killed.self) {
      try await place.client().install(place.archive, for: place.offer) { reached in
        if reached == step { throw Killed() }
      }
    }
    try await place.prepare()
    let began = try await place.start()
    let running = step == .current ? place.second : place.first
    #expect(began.output == "\(running) runs\n" && began.errors == "", "\(began)")
    // The next start takes away what was left, and installs the same again.
    let next = try place.client(running)
    next.tidy()
    #expect(try place.versions().allSatisfy { !$0.hasPrefix(".") })
    #expect(try !place.shop.names("one/ShopClient").contains { $0.contains("syncd-new") })
    if step != .current {
      #expect(try !place.shop.names("one/ShopClient").contains("previous"))
      try await next.install(place.archive, for: place.offer)
    }
    try await place.prepare()
    #expect(try await place.start().output == "\(place.second) runs\n")
  }

  @Test func aFullDiskLeavesTheOldVersion() async throws {
    let place = try await Installation()
    let mount = place.shop.path + "/mount"
    try place.shop.save("", "mount/.keep")
    let mounted = try await place.shop.run(
      "/usr/bin/env",
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=192k",
      "tmpfs",
      mount
    )
    // Mounting is for root alone.
    guard mounted.status == 0 else { return }
    defer { _ = try? Process.run(URL(filePath: "/usr/bin/umount"), arguments: ["-l", mount]) }
    let copied = try await place.shop.run("/bin/cp", "-a", place.folder, mount)
    try #require(copied.status == 0)
    let filled = try await place.shop.run(
      "/bin/sh",
      "-c",
      "head -c 1000000 /dev/zero > '\(mount)/filling'; true"
    )
    try #require(filled.errors.contains("No space left"))
    let version = "\(mount)/ShopClient/versions/\(place.first)"
    let client = try InstalledClient(version: version)
    let error = await #expect(throws: DeploymentError.self) {
      try await client.install(place.archive, for: place.offer)
    }
    #expect(error?.code == .installation)
    #expect(error?.description.contains("disk full, 1 MB needed") == true)
    #expect(try place.shop.names("mount/ShopClient/versions") == [".lock", place.first])
    #expect(try await place.shop.run(mount + "/ShopClient/ShopClient").status == 0)
    // With room again it is installed.
    try FileManager.default.removeItem(atPath: mount + "/filling")
    try await client.install(place.archive, for: place.offer)
    #expect(try place.shop.names("mount/ShopClient/versions").contains(place.second))
  }

  @Test func aVersionThatDoesNotStartGivesWayToTheOneBefore() async throws {
    let place = try await Installation()
    let first = place.first
    try await place.client().install(place.archive, for: place.offer)
    try await place.prepare()
    for (what, says) in [
      ("kill -SEGV $$", "ended with status 139 on its first start"),
      ("kill -ABRT $$", "ended with status 134"), ("exec /nothing/there", "status 127"),
    ] {
      try await place.script(place.second, what)
      let began = try await place.start()
      #expect(began.status == 0 && began.output == "\(first) runs\n", "\(began)")
      #expect(began.errors.contains(says) && began.errors.contains("\(first) goes on."))
    }
    // That it ends with an error of its own is no reason.
    try await place.script(place.second, "exit 3")
    #expect(try await place.start().status == 3)
    // Libraries that are missing are seen before.
    try await place.shop.saveScript(
      "#!/bin/sh\necho 'lacks libxml2' >&2\nexit 1\n",
      "one/ShopClient/versions/\(place.second)/start"
    )
    let began = try await place.start()
    #expect(began.output == "\(first) runs\n" && began.errors.contains("lacks libxml2"))
    // It is not offered again, and the version that stands in for it is not taken for the new one.
    let client = try place.client()
    #expect(client.failedVersion == place.second && client.hasFailed(place.offer))
    client.confirm()
    client.tidy()
    #expect(try place.versions().count == 2)
    let error = await #expect(throws: DeploymentError.self) {
      try await client.install(place.archive, for: place.offer)
    }
    #expect(error?.description.contains("does not start on this machine") == true)
  }

  @Test func theStartFilePassesSignalsAndInputOnAFirstStart() async throws {
    let place = try await Installation()
    try await place.client().install(place.archive, for: place.offer)
    try await place.script(
      place.second,
      "trap 'echo told; exit 7' TERM\nread line; echo \"got $line\"\n"
        + "kill -TERM $PPID\nwhile :; do /bin/true; done"
    )
    let ran = try await place.shop.run("/bin/sh", "-c", "echo words | '\(place.folder)/ShopClient'")
    #expect(ran.output == "got words\ntold\n" && ran.status == 7, "\(ran)")
  }

  @Test func aFirstStartNeedsNoInput() async throws {
    let place = try await Installation()
    try await place.client().install(place.archive, for: place.offer)
    try await place.prepare()
    let ran = try await place.shop.run("/bin/sh", "-c", "'\(place.folder)/ShopClient' <&-")
    #expect(ran.output == "\(place.second) runs\n" && ran.errors == "", "\(ran)")
  }

  @Test func withoutLinksTheNewestVersionStarts() async throws {
    let place = try await Installation()
    try await place.client().install(place.archive, for: place.offer)
    try await place.prepare()
    let versions = place.folder + "/versions/"
    try FileManager.default.copyItem(
      atPath: versions + place.second,
      toPath: versions + "10-0a0a0a0a"
    )
    try FileManager.default.removeItem(atPath: place.folder + "/previous")
    for link in ["versions/9-gone", nil] {
      try FileManager.default.removeItem(atPath: place.folder + "/current")
      if let link {
        try FileManager.default.createSymbolicLink(
          atPath: place.folder + "/current",
          withDestinationPath: link
        )
      }
      let ran = try await place.start()
      #expect(ran.output == "10-0a0a0a0a runs\n", "\(ran)")
      #expect(ran.errors.contains("no version is current") && ran.errors.contains("goes on."))
    }
  }

  @Test func whatIsNotSignedForThisClientIsNotInstalled() async throws {
    let place = try await Installation()
    let offer = place.offer
    func changed(
      version: Int? = nil,
      platform: String? = nil,
      application: String? = nil,
      signature: String? = nil
    ) -> UpdateOffer {
      UpdateOffer(
        application: application ?? offer.application,
        version: version ?? offer.version,
        platform: platform ?? offer.platform,
        digest: offer.digest,
        size: offer.size,
        signature: signature ?? offer.signature
      )
    }
    let wrong = [
      changed(version: 3), changed(platform: "linux-other"), changed(application: "Other"),
      changed(signature: ""), changed(signature: "zz"),
      changed(signature: String(repeating: "00", count: 64)),
    ]
    for offer in wrong {
      let error = await #expect(throws: DeploymentError.self) {
        try await place.client().install(place.archive, for: offer)
      }
      #expect(error?.code == .untrusted)
      #expect(error?.description.contains("not signed by the maker") == true)
    }
    // Another maker's key signs nothing here.
    let others = try Workshop()
    try await others.package(into: "two", "CurrentVers=9")
    let folder = others.path + "/two/ShopServer/Upgrade4DClient"
    let foreign = try #require(try await UpdateFolder(folder).offer())
    let error = #expect(throws: DeploymentError.self) { try place.client().check(foreign) }
    #expect(error?.code == .untrusted)
    #expect(try place.versions() == [place.first])
  }

  @Test func anArchiveThatIsNotTheOfferedOneIsNotInstalled() async throws {
    let place = try await Installation()
    let file = place.shop.path + "/wrong"
    var bytes = try Data(contentsOf: URL(filePath: place.archive))
    bytes[bytes.count / 2] ^= 1
    for content in [bytes, bytes.dropLast(), Data()] {
      try content.write(to: URL(filePath: file))
      let error = await #expect(throws: DeploymentError.self) {
        try await place.client().install(file, for: place.offer)
      }
      #expect(error?.code == .archive)
    }
    #expect(try place.versions() == [place.first])
  }

  @Test func clientsAreNeverTakenBack() async throws {
    let place = try await Installation()
    try await place.client().install(place.archive, for: place.offer)
    let error = #expect(throws: DeploymentError.self) {
      try place.client(place.second).check(place.offer)
    }
    #expect(error?.description.contains("never taken back") == true)
  }

  @Test func twoStartsDoNotInstallAtOnce() async throws {
    let place = try await Installation()
    let client = try place.client()
    // Another start comes while this one holds the lock: it takes nothing away.
    try await client.install(place.archive, for: place.offer) { step in
      if step == .unpacked { client.tidy() }
    }
    #expect(try place.versions() == [place.first, place.second])
    // A start that was slower finds the work done.
    try await client.install(place.archive, for: place.offer)
  }

  @Test func anotherStartsLaterVersionIsNotTakenBack() async throws {
    let place = try await Installation()
    let slow = try place.client()
    let third = try await place.shop.package(into: "three", "CurrentVers=3").version
    let later = UpdateFolder(place.shop.path + "/three/ShopServer/Upgrade4DClient")
    let offer = try #require(try await later.offer())
    let archive = place.shop.path + "/three/ShopServer/Upgrade4DClient/update.linux.4darchive"
    try await place.client().install(archive, for: offer)
    try await slow.install(place.archive, for: place.offer)
    #expect(try place.versions() == [place.first, third])
  }

  @Test func aFolderOfUpdatesIsASource() async throws {
    let place = try await Installation()
    let source = UpdateFolder(place.shop.path + "/two/ShopServer/Upgrade4DClient")
    #expect(try await source.offer() == place.offer)
    let file = place.shop.path + "/fetched"
    try await source.fetch(place.offer, to: file) { _, _ in }
    try await place.client().install(file, for: place.offer)
    await #expect(throws: DeploymentError.self) { try await UpdateFolder(place.folder).offer() }
  }
}
