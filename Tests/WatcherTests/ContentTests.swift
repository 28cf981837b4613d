import Glibc
import Testing
import Watcher

extension WatcherTests {
  @Test("A rewrite that keeps size and time is told")
  func sameSizeSameTime() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f"), "one")
    var status = stat()
    stat(tree.path("f"), &status)
    let times = [status.st_atim, status.st_mtim]
    try await Session.run(tree) { session in
      Disk.write(tree.path("f"), "two")
      utimensat(AT_FDCWD, tree.path("f"), times, 0)
      try await session.expectNext(["changed f"])
    }
  }

  @Test("A write through a hard link outside the tree is found by looking")
  func outsideLink() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f"), "one")
    link(tree.path("f"), tree.outside("g"))
    var settings = WatchSettings.unhurried
    settings.alwaysPolls = true
    settings.pollInterval = .milliseconds(20)
    try await Session.run(tree, settings: settings) { session in
      Disk.write(tree.outside("g"), "two")
      try await session.expectNext(["changed f"])
      #expect(session.watcher.report().mode == .polling)
    }
  }

  @Test("Of many rewrites in quick succession the last content wins")
  func quickRewrites() async throws {
    let tree = TestTree()
    try await Session.consume(tree) { session, consumer in
      for round in 0..<50 {
        for index in 0..<20 { Disk.write(tree.path("f"), "\(round) \(index % 10)") }
        try await session.expectSame(consumer)
      }
    }
  }

  @Test("truncate alone is a change", arguments: [0, 2])
  func truncation(length: Int) async throws {
    let tree = TestTree()
    Disk.write(tree.path("f"), "content")
    try await Session.run(tree) { session in
      truncate(tree.path("f"), length)
      try await session.expectNext(["changed f"])
    }
  }

  @Test("Links, symbolic links and empty files are changes, though nothing is written")
  func creation() async throws {
    let tree = TestTree()
    Disk.write(tree.outside("f"), "content")
    try await Session.run(tree) { session in
      link(tree.outside("f"), tree.path("linked"))
      try await session.expectNext(["changed linked"])
      symlink("nowhere", tree.path("symbolic"))
      try await session.expectNext(["changed symbolic"])
      mknod(tree.path("empty"), S_IFREG | 0o644, 0)
      try await session.expectNext(["changed empty"])
    }
  }

  @Test("A write through one name of a file is told of the others")
  func hardLinks() async throws {
    let tree = TestTree()
    Disk.folder(tree.path("d"))
    Disk.write(tree.path("a"), "one")
    try await Session.consume(tree) { session, consumer in
      // First seen with one name, so the second comes later.
      link(tree.path("a"), tree.path("d/b"))
      try await session.expectSame(consumer)
      _ = await consumer.takeLines()
      await session.atOnce { Disk.write(tree.path("d/b"), "two") }
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["changed a", "changed d/b"])
      Disk.remove(tree.path("a"))
      Disk.write(tree.path("d/b"), "three")
      try await session.expectSame(consumer)
    }
  }

  @Test("A write through a link that comes and goes is told of the name that stays")
  func passingLink() async throws {
    let tree = TestTree()
    Disk.write(tree.path("a"), "one")
    try await Session.consume(tree) { session, consumer in
      await session.atOnce {
        link(tree.path("a"), tree.path("b"))
        Disk.write(tree.path("b"), "two", flags: 0)
        Disk.remove(tree.path("b"))
      }
      try await session.expectSame(consumer)
      #expect(session.watcher.report().rescans[.hardLinks] == 1)
    }
  }

  @Test("Symbolic links are told and never followed")
  func symbolicLinks() async throws {
    let tree = TestTree()
    Disk.folder(tree.outside("other"))
    Disk.folder(tree.path("d"))
    symlink(tree.outside("other"), tree.path("out"))
    try await Session.consume(tree) { session, consumer in
      symlink("..", tree.path("d/loop"))
      symlink("nowhere", tree.path("dangling"))
      Disk.write(tree.outside("other/f"), "not ours")
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["changed d/loop", "changed dangling"])
      #expect(session.watcher.report().directories == 2)
    }
  }

  @Test("Any bytes make a name")
  func names() async throws {
    let tree = TestTree()
    let names: [[UInt8]] = [
      Array("new\nline".utf8), Array("\ttab".utf8), Array("-dash".utf8), [0x61, 0xFF, 0xFE],
      [UInt8](repeating: 0x78, count: 255), Array("e\u{301}".utf8), Array("\u{E9}".utf8),
      Array("Case".utf8), Array("case".utf8),
    ]
    try await Session.run(tree) { session in
      for name in names {
        let path = (Array(tree.path("").utf8) + [0x2F] + name + [0]).map { CChar(bitPattern: $0) }
        mknod(path, S_IFREG | 0o644, 0)
      }
      _ = try await session.barrier()
      let batch = try await session.watcher.nextBatch()
      let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(batch.changes.map(\.path) == sorted)
    }
  }

  @Test("Folders deeper than a path can name are watched")
  func depth() async throws {
    let tree = TestTree()
    let name = String(repeating: "n", count: 200)
    try await Session.run(tree) { session in
      var handle = open(tree.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      for _ in 0..<30 {
        mkdirat(handle, name, 0o755)
        let deeper = openat(handle, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        close(handle)
        handle = deeper
      }
      _ = try await session.barrier()
      #expect(try await session.watcher.nextBatch().changes.count == 30)
      close(openat(handle, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
      close(handle)
      let batch = try await session.watcher.nextBatch()
      #expect(batch.changes.first?.path.count == 30 * 201 + 4)
      #expect(session.watcher.report().warnings == [])
      try run("/bin/rm", "-rf", tree.root, in: "/")
    }
  }
}
