import Glibc
import Testing
import Watcher

extension WatcherTests {
  @Test("A root that is deleted is in doubt, and watched again when it is back")
  func deletedRoot() async throws {
    let tree = TestTree()
    Disk.folder(tree.path("d"))
    Disk.write(tree.path("d/f"), "one")
    try await Session.consume(tree) { session, consumer in
      await session.atOnce { Disk.remove(tree.root) }
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["subtreeInDoubt "])
      #expect(session.watcher.report().warnings.first?.contains("is missing") == true)
      Disk.folders(tree.outside("made/d"))
      Disk.write(tree.outside("made/d/f"), "two")
      Disk.move(tree.outside("made"), tree.root)
      try await consumer.reached(2)
      #expect(await consumer.takeLines() == ["subtreeInDoubt "])
      try await session.expectSame(consumer)
      #expect(session.watcher.report().warnings == [])
      Disk.write(tree.path("d/f"), "three")
      try await session.expectSame(consumer)
    }
  }

  @Test("A root that was renamed away is missing, although it lives on")
  func renamedRoot() async throws {
    let tree = TestTree()
    Disk.write(tree.path("f"), "one")
    try await Session.consume(tree) { session, consumer in
      Disk.move(tree.root, tree.outside("elsewhere"))
      try await consumer.reached(1)
      #expect(await consumer.takeLines() == ["subtreeInDoubt "])
      Disk.move(tree.outside("elsewhere"), tree.root)
      try await consumer.reached(2)
      Disk.write(tree.path("f"), "two")
      try await session.expectSame(consumer)
    }
  }

  @Test("A root that is replaced by another folder is adopted, and the differences are told")
  func replacedRoot() async throws {
    let tree = TestTree()
    Disk.write(tree.path("same"), "one")
    Disk.folder(tree.outside("new"))
    Disk.write(tree.outside("new/other"), "two")
    link(tree.path("same"), tree.outside("new/same"))
    try await tree.age()
    try await Session.consume(tree) { session, consumer in
      Disk.exchange(tree.root, tree.outside("new"))
      try await session.expectSame(consumer)
      #expect(await consumer.takeLines() == ["changed other"])
      Disk.write(tree.path("other"), "three")
      try await session.expectSame(consumer)
    }
  }
}
