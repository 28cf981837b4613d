import Glibc
import Testing
import Watcher

extension WatcherTests {
  @Test("vim writing in place: nothing is told of the file before it is closed")
  func vimInPlace() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f.4dm"), "old")
    try await Session.run(tree, settings: .patient) { session in
      await session.hold()
      let file = OpenFile(tree.path("f.4dm"))
      Disk.write(tree.path("g.4dm"), "clean")
      session.gate.open()
      try await session.expectNext(["changed g.4dm"])
      file.write("new")
      file.close()
      try await session.expectNext(["changed f.4dm"])
      #expect(session.watcher.report().deferrals[.openWriter] ?? 0 >= 1)
    }
  }

  @Test("vim writing a new file: one change, none of the backup and the probe")
  func vimByRename() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f.4dm"), "old")
    try await Session.run(tree, settings: .patient) { session in
      await session.atOnce {
        Disk.write(tree.path("4913"), "")
        Disk.remove(tree.path("4913"))
        Disk.move(tree.path("f.4dm"), tree.path("f.4dm~"))
        Disk.write(tree.path("f.4dm"), "new")
        Disk.remove(tree.path("f.4dm~"))
      }
      try await session.expectNext(["changed f.4dm"])
      try await session.expectBarrier(1)
    }
  }

  @Test("Swap files, dangling lock links, backups, crashed saves and system junk wake nobody")
  func noise() async throws {
    let tree = TestTree()
    Disk.folder(tree.path("DerivedData"))
    Disk.write(tree.path("f.4dm"), "old")
    try await Session.run(tree, settings: .patient) { session in
      for name in [".f.4dm.swp", ".f.4dm.swx", "#f.4dm#", "f.4dm~", "f.4dm.tmp"] {
        Disk.write(tree.path(name), "noise")
      }
      for name in [".DS_Store", "._f.4dm", "Thumbs.db", "DerivedData/x", "DerivedData/y"] {
        Disk.write(tree.path(name), "noise")
      }
      symlink("user@host.1234", tree.path(".#f.4dm"))
      Disk.remove(tree.path(".#f.4dm"))
      Disk.remove(tree.path(".f.4dm.swp"))
      try await session.expectBarrier(0)
      #expect(session.watcher.report().batches == 0)
    }
  }

  @Test("emacs: one change, none of its links and autosaves")
  func emacs() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f.4dm"), "old")
    try await Session.run(tree, settings: .patient) { session in
      await session.atOnce {
        symlink("user@host.1234", tree.path(".#f.4dm"))
        Disk.write(tree.path("#f.4dm#"), "auto")
        Disk.move(tree.path("f.4dm"), tree.path("f.4dm~"))
        Disk.write(tree.path("f.4dm"), "new")
        Disk.remove(tree.path("#f.4dm#"))
        Disk.remove(tree.path(".#f.4dm"))
      }
      try await session.expectNext(["changed f.4dm"])
      try await session.expectBarrier(1)
    }
  }

  @Test("VS Code: in place and by rename, each one change")
  func visualStudioCode() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f.4dm"), "old")
    try await Session.run(tree, settings: .patient) { session in
      await session.atOnce { Disk.write(tree.path("f.4dm"), "new") }
      try await session.expectNext(["changed f.4dm"])
      await session.atOnce {
        Disk.write(tree.path("f.4dm.tmp"), "newer")
        Disk.move(tree.path("f.4dm.tmp"), tree.path("f.4dm"))
      }
      try await session.expectNext(["changed f.4dm"])
      try await session.expectBarrier(2)
    }
  }

  @Test("4D saving everything: one batch with all of it")
  func saveAll() async throws {
    let tree = TestTree()
    Disk.folders(tree.path("Project/Sources/Methods"))
    let names = (0..<40).map { "Project/Sources/Methods/m\($0).4dm" }
    for name in names { Disk.write(tree.path(name), "old") }
    try await Session.run(tree, settings: .patient) { session in
      await session.atOnce {
        for name in names {
          Disk.write(tree.path(name + ".tmp"), "new")
          Disk.move(tree.path(name + ".tmp"), tree.path(name))
        }
        Disk.write(tree.path("Project/Sources/folders.json"), "{}")
      }
      let batch = try await session.watcher.nextBatch()
      let wanted = (names + ["Project/Sources/folders.json"]).map { "changed " + $0 }.sorted()
      #expect(batch.lines == wanted)
      try await session.expectBarrier(1)
    }
  }

  @Test("A file written in many pieces is told once, after it is closed, and delays nothing else")
  func slowWriter() async throws {
    let tree = TestTree()
    Disk.write(tree.path("slow"), "old")
    try await Session.consume(tree) { session, consumer in
      let file = OpenFile(tree.path("slow"))
      await paced(30, every: 10) { index in
        file.write("chunk")
        if index % 10 == 5 { Disk.write(tree.path("quick\(index)"), "at once") }
      }
      let quick: Set = ["changed quick5", "changed quick15", "changed quick25"]
      try await consumer.hears(quick)
      #expect(await Set(consumer.takeLines()) == quick)
      file.close()
      try await consumer.hears(["changed slow"])
      // Of a quick one that was told before it was seen to be closed more may be told.
      #expect(await Set(consumer.takeLines()).subtracting(quick) == ["changed slow"])
      try await session.expectSame(consumer)
    }
  }

  @Test("A writer that never closes is given up after the limit, with a warning that names it")
  func endlessWriter() async throws {
    let tree = TestTree()
    var settings = WatchSettings.unhurried
    settings.openWriterLimit = .milliseconds(100)
    try await Session.run(tree, settings: settings) { session in
      await session.hold()
      let file = OpenFile(tree.path("log"))
      file.write("line")
      session.gate.open()
      try await session.expectNext(["changed log"])
      #expect(session.watcher.report().warnings.contains { $0.hasPrefix("log has been open") })
      file.close()
      try await session.expectNext(["changed log"])
      #expect(session.watcher.report().warnings == [])
    }
  }

  @Test("A barrier does not wait for an open writer")
  func barrierPassesWriter() async throws {
    let tree = TestTree()
    try await Session.run(tree, settings: .patient) { session in
      let file = OpenFile(tree.path("log"))
      file.write("line")
      let sequence = try await session.barrier()
      let batch = try await session.watcher.nextBatch()
      #expect(batch.sequence == sequence)
      #expect(batch.lines == ["changed log"])
      file.close()
    }
  }

  @Test("Under endless writing something is released within the longest wait")
  func continuousWriter() async throws {
    let tree = TestTree()
    var settings = WatchSettings.unhurried
    // A writer that the machine holds up makes no silence that is long enough.
    settings.quietAfterSingleSave = .seconds(600)
    settings.quietAfterBurst = .seconds(600)
    try await Session.consume(tree, settings: settings) { session, consumer in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          await pacedUntilCancelled(every: 4) { index in
            Disk.write(tree.path("f\(index % 7)"), "\(index)")
          }
        }
        defer { group.cancelAll() }
        try await consumer.collects(batches: 4)
      }
      try await session.expectSame(consumer)
    }
  }
}
