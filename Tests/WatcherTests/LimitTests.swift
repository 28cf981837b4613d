import Glibc
import Testing
import Watcher

extension WatcherTests {
  @Test("An overflow of the kernel's queue loses nothing and tells only true differences")
  func overflow() async throws {
    let tree = TestTree()
    for folder in 0..<20 {
      Disk.folder(tree.path("d\(folder)"))
      for file in 0..<20 { Disk.write(tree.path("d\(folder)/f\(file)"), "old") }
    }
    try await tree.age()
    try await Session.consume(tree) { session, consumer in
      await session.atOnce {
        for round in 0..<40 {
          for file in 0..<300 { Disk.write(tree.path("d\(file / 20)/f\(file % 20)"), "\(round)") }
        }
        Disk.folders(tree.path("late/r"))
        Disk.write(tree.path("late/r/f"), "last")
        Disk.remove(tree.path("d3"))
      }
      try await session.expectSame(consumer)
      let report = session.watcher.report()
      #expect(report.overflows > 0)
      #expect(report.rescans[.overflow] == 1)
      let lines = await Set(consumer.takeLines())
      let files = (0..<300).filter { $0 / 20 != 3 }.map { "changed d\($0 / 20)/f\($0 % 20)" }
      let others = ["gone d3", "directory late", "directory late/r", "changed late/r/f"]
      #expect(lines == Set(files + others))
    }
  }

  @Test("A barrier that waits while the queue overflows is answered after the rescan")
  func barrierAcrossOverflow() async throws {
    let tree = TestTree()
    try await Session.consume(tree) { session, consumer in
      await session.hold()
      for file in 0..<9_000 { Disk.write(tree.path("f\(file)"), "content") }
      async let same: Void = session.expectSame(consumer)
      session.gate.open()
      try await same
    }
  }

  @Test("Beyond the limit of pending paths a subtree is in doubt")
  func doubt() async throws {
    let tree = TestTree()
    Disk.folders(tree.path("Project/Sources"))
    var settings = WatchSettings.unhurried
    settings.dirtyPathLimit = 100
    try await Session.run(tree, settings: settings) { session in
      for file in 0..<300 { Disk.write(tree.path("Project/Sources/f\(file)"), "x") }
      _ = try await session.barrier()
      let batch = try await session.watcher.nextBatch()
      #expect(batch.lines == ["subtreeInDoubt Project/Sources"])
    }
  }

  @Test("While the consumer is busy, changes are merged into one batch")
  func busyConsumer() async throws {
    let tree = TestTree()
    try await Session.run(tree) { session in
      for round in 0..<20 {
        Disk.write(tree.path("f\(round % 3)"), "\(round)")
        try await session.expectBarrier(1)
      }
      try await session.expectNext(["changed f0", "changed f1", "changed f2"]
      )
    }
  }

  @Test("The library is started afresh before it has kept too many dead records")
  func libraryRecords() async throws {
    let tree = TestTree()
    var settings = WatchSettings.unhurried
    settings.libraryRecordLimit = 100
    try await Session.consume(tree, settings: settings) { session, consumer in
      for round in 0..<500 {
        Disk.folder(tree.path("d\(round % 3)"))
        Disk.write(tree.path("d\(round % 3)/f"), "\(round)")
        if round % 50 == 0 { try await session.expectSame(consumer) }
        // Only a folder that was watched leaves a dead record.
        _ = try await session.barrier()
        Disk.remove(tree.path("d\(round % 3)"))
        _ = try await session.barrier()
      }
      try await session.expectSame(consumer)
      #expect(session.watcher.report().rescans[.libraryRecords] ?? 0 > 0)
    }
  }

  @Test("A second watcher in the process is refused, with a reason")
  func secondWatcher() async throws {
    let tree = TestTree()
    let other = TestTree()
    try await Session.run(tree) { session in
      await #expect(throws: WatcherError.self) {
        try await Session.run(other) { _ in }
      }
      Disk.write(tree.path("f"), "still served")
      try await session.expectNext(["changed f"])
    }
  }

  @Test("A root that is not there is an error with its name")
  func noRoot() async throws {
    let tree = TestTree()
    Disk.remove(tree.root)
    let error = await #expect(throws: WatcherError.self) {
      try await Session.run(tree) { _ in }
    }
    #expect(error?.code == .rootUnavailable)
    #expect(error?.description.contains(tree.root) == true)
  }

  @Test("Without space for a cookie a barrier looks at everything")
  func noCookie() async throws {
    let tree = TestTree()
    try await Session.consume(tree) { session, consumer in
      // What stands where the cookie has to go makes it fail as a full disk does.
      for serial in 2..<40 { Disk.folder(tree.cookies + "/barrier-\(serial)") }
      Disk.write(tree.path("f"), "content")
      try await session.expectSame(consumer)
    }
  }

  @Test("The cookies' folder is made again, and nothing is lost meanwhile")
  func lostCookieFolder() async throws {
    let tree = TestTree()
    try await Session.consume(tree) { session, consumer in
      for turn in 0..<5 {
        Disk.remove(tree.cookies)
        Disk.write(tree.path("f\(turn)"), "content")
        try await session.expectSame(consumer)
      }
      #expect(session.watcher.report().warnings == [])
    }
  }

  @Test("Folders beyond the limit of watches are polled, and the remedy is named")
  func watchLimit() async throws {
    let tree = TestTree()
    for folder in 0..<30 { Disk.folders(tree.path("d\(folder)/e")) }
    var settings = WatchSettings.unhurried
    settings.watchLimit = 20
    settings.pollInterval = .milliseconds(20)
    try await Session.consume(tree, settings: settings) { session, consumer in
      #expect(session.watcher.report().mode == .polling)
      let warning = session.watcher.report().warnings.first ?? ""
      #expect(warning.contains("sysctl fs.inotify.max_user_watches="))
      for folder in 0..<30 { Disk.write(tree.path("d\(folder)/e/f"), "x") }
      try await consumer.knows(items: 90)
      for folder in 0..<25 { Disk.remove(tree.path("d\(folder)")) }
      // The polled part takes the watches over that became free.
      try await session.until { $0.mode != .polling }
      #expect(session.watcher.report().warnings == [])
      try await session.expectSame(consumer)
    }
  }
}
