import Glibc
import Testing
import Watcher

extension WatcherTests {
  @Test("A file in folders made just before it is never missed")
  func newFolders() async throws {
    let tree = TestTree()
    try await Session.consume(tree) { session, consumer in
      for index in 0..<500 {
        Disk.folders(tree.path("n\(index)/b/c"))
        Disk.write(tree.path("n\(index)/b/c/f"), "content")
      }
      try await session.expectSame(consumer)
      #expect(await consumer.picture.items.count == 2_000)
    }
  }

  @Test("A folder moved in is told with all that is in it, and watched; moved out it is gone")
  func movedInAndOut() async throws {
    let tree = TestTree()
    for folder in 0..<30 {
      Disk.folders(tree.outside("big/d\(folder)"))
      for file in 0..<100 { Disk.write(tree.outside("big/d\(folder)/f\(file)"), "x") }
    }
    try await Session.consume(tree) { session, consumer in
      let before = session.watcher.report().watches
      Disk.move(tree.outside("big"), tree.path("big"))
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines().count == 3_031)
      await session.atOnce { Disk.write(tree.path("big/d7/f7"), "y") }
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["changed big/d7/f7"])
      Disk.move(tree.path("big"), tree.outside("gone"))
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["gone big"])
      Disk.write(tree.outside("gone/d7/f7"), "z")
      let last = try await session.barrier()
      #expect(last == 3)
      #expect(session.watcher.report().watches == before)
    }
  }

  @Test("After a rename, what is written deep inside bears the new path")
  func movedWithin() async throws {
    let tree = TestTree()
    Disk.folders(tree.path("a/b/c"))
    Disk.write(tree.path("a/b/c/f"), "one")
    try await Session.consume(tree) { session, consumer in
      Disk.move(tree.path("a"), tree.path("z"))
      Disk.write(tree.path("z/b/c/f"), "two")
      try await session.expectSame(consumer)
      #expect(
        await Set(consumer.takeLines()) == [
          "gone a", "directory z", "directory z/b", "directory z/b/c", "changed z/b/c/f",
        ]
      )
      Disk.write(tree.path("z/b/c/g"), "three")
      try await session.expectSame(consumer)
    }
  }

  @Test("Swapped folders, by exchange and by three renames")
  func swapped() async throws {
    let tree = TestTree()
    for name in ["a", "b"] {
      Disk.folders(tree.path("\(name)/deep"))
      Disk.write(tree.path("\(name)/deep/\(name)"), name)
    }
    try await Session.consume(tree) { session, consumer in
      Disk.exchange(tree.path("a"), tree.path("b"))
      Disk.write(tree.path("a/deep/new"), "1")
      try await session.expectSame(consumer)
      Disk.move(tree.path("a"), tree.path("t"))
      Disk.move(tree.path("b"), tree.path("a"))
      Disk.move(tree.path("t"), tree.path("b"))
      Disk.write(tree.path("b/deep/new"), "2")
      try await session.expectSame(consumer)
      Disk.exchange(tree.path("a"), tree.path("b/deep/b"))
      Disk.write(tree.path("b/deep/b/deep/f"), "3")
      try await session.expectSame(consumer)
    }
  }

  @Test("A ring of renames with writes between them")
  func renameRing() async throws {
    let tree = TestTree()
    Disk.write(tree.path("a"), "0")
    Disk.folders(tree.path("x/y"))
    try await Session.consume(tree) { session, consumer in
      for round in 0..<50 {
        for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("x", "v"), ("v", "w"), ("w", "x")] {
          Disk.move(tree.path(from), tree.path(to))
          Disk.write(tree.path("\(to)/y/f"), "\(round)\(to)")
          if Disk.exists(tree.path("a")) { Disk.write(tree.path("a"), "\(round)") }
        }
        try await session.expectSame(consumer)
      }
    }
  }

  @Test("A folder removed and made again with the same names is watched again")
  func removedAndMade() async throws {
    let tree = TestTree()
    try await Session.consume(tree) { session, consumer in
      for round in 0..<200 {
        Disk.folders(tree.path("d/e"))
        Disk.write(tree.path("d/e/f"), "\(round)")
        Disk.remove(tree.path("d"))
        Disk.folders(tree.path("d/e"))
        Disk.write(tree.path("d/e/g"), "\(round)")
        if round % 10 == 0 { try await session.expectSame(consumer) }
      }
      try await session.expectSame(consumer)
      _ = await consumer.takeLines()
      await session.atOnce { Disk.write(tree.path("d/e/g"), "last") }
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["changed d/e/g"])
    }
  }

  @Test("Files become folders, folders files, links folders")
  func changedKind() async throws {
    let tree = TestTree()
    Disk.write(tree.path("n"), "file")
    try await Session.consume(tree) { session, consumer in
      Disk.remove(tree.path("n"))
      Disk.folder(tree.path("n"))
      Disk.write(tree.path("n/f"), "in it")
      try await session.expectSame(consumer)
      Disk.remove(tree.path("n"))
      symlink("nowhere", tree.path("n"))
      try await session.expectSame(consumer)
      Disk.remove(tree.path("n"))
      Disk.folder(tree.path("n"))
      Disk.write(tree.path("n/g"), "in it")
      try await session.expectSame(consumer)
      Disk.remove(tree.path("n"))
      Disk.write(tree.path("n"), "file")
      try await session.expectSame(consumer)
    }
  }

  @Test(
    "A folder that may not be read is named once and picked up when it may",
    .enabled(if: geteuid() != 0)
  )
  func unreadable() async throws {
    let tree = TestTree()
    Disk.folder(tree.path("d"))
    Disk.write(tree.path("d/f"), "one")
    chmod(tree.path("d"), 0)
    try await Session.run(tree) { session in
      let warnings = session.watcher.report().warnings
      #expect(warnings.count == 1)
      #expect(warnings.first?.contains("root/d cannot be read") == true)
      chmod(tree.path("d"), 0o755)
      try await session.expectNext(["changed d/f"])
      #expect(session.watcher.report().warnings == [])
      Disk.write(tree.path("d/f"), "two")
      try await session.expectNext(["changed d/f"])
    }
  }
}
