import Glibc
import Testing
import Watcher

extension WatcherTests {
  /// A repository with two branches that differ in many files.
  private func repository(at path: String, files: Int) throws {
    Disk.folders(path)
    let git = "/usr/bin/git"
    try run(git, "init", "-q", "-b", "one", in: path)
    try run(git, "config", "user.email", "a@b.c", in: path)
    try run(git, "config", "user.name", "a", in: path)
    for (branch, content) in [("one", "1"), ("two", "2")] {
      if branch == "two" { try run(git, "checkout", "-q", "-b", branch, in: path) }
      for file in 0..<files {
        Disk.folder(path + "/d\(file % 10)")
        Disk.write(path + "/d\(file % 10)/f\(file)", content)
      }
      try run(git, "add", "-A", in: path)
      try run(git, "commit", "-q", "-m", branch, in: path)
    }
  }

  @Test("A checkout of 500 files is one batch")
  func checkout() async throws {
    let tree = TestTree()
    try repository(at: tree.root, files: 500)
    try await Session.consume(tree) { session, consumer in
      for (index, branch) in ["one", "two", "one"].enumerated() {
        try run("/usr/bin/git", "checkout", "-q", branch, in: tree.root)
        try await consumer.reached(UInt64(index + 1))
        let batches = await consumer.batches
        #expect(batches.last?.changes.count == 500)
      }
      try await session.expectSame(consumer)
      #expect(await consumer.batches.count == 3)
    }
  }

  @Test(
    "The lock is looked for in the real git directory",
    arguments: ["root", "above", "worktree", "submodule"]
  )
  func lockPlaces(kind: String) async throws {
    let tree = TestTree()
    let git = "/usr/bin/git"
    var lock = tree.path(".git/index.lock")
    switch kind {
    case "above":
      try run(git, "init", "-q", in: tree.base)
      lock = tree.outside(".git/index.lock")
    case "worktree":
      try repository(at: tree.outside("main"), files: 1)
      Disk.remove(tree.root)
      try run(git, "worktree", "add", "-q", tree.root, "one", in: tree.outside("main"))
      lock = tree.outside("main/.git/worktrees/root/index.lock")
    case "submodule":
      Disk.folders(tree.outside("modules/sub"))
      Disk.folder(tree.path("sub"))
      Disk.write(tree.path("sub/.git"), "gitdir: ../../modules/sub\n")
      lock = tree.outside("modules/sub/index.lock")
    default: try run(git, "init", "-q", in: tree.root)
    }
    let lockPath = lock
    try await Session.run(tree) { session in
      Disk.write(lockPath, "")
      #expect(Disk.exists(lockPath))
      Disk.write(tree.path("f.4dm"), "half")
      try await session.until { $0.deferrals[.gitLock] ?? 0 > 0 }
      await #expect(throws: WatcherError.barrierTimedOut) {
        try await session.watcher.barrier(until: .now + .milliseconds(100))
      }
      #expect(session.watcher.report().deferrals[.gitLock] == 1)
      #expect(session.watcher.report().batches == 0)
      Disk.write(tree.path("g.4dm"), "whole")
      Disk.remove(lockPath)
      try await session.expectNext(["changed f.4dm", "changed g.4dm"])
    }
  }

  @Test("What git does in its own folder wakes nobody")
  func gitFolder() async throws {
    let tree = TestTree()
    try repository(at: tree.root, files: 3)
    try await Session.run(tree) { session in
      let directories = session.watcher.report().directories
      #expect(directories == 4)
      try run("/usr/bin/git", "gc", "-q", in: tree.root)
      try run("/usr/bin/git", "tag", "x", in: tree.root)
      try await session.expectBarrier(0)
    }
  }

  @Test("A stale lock is waited for no longer than the limit, and named")
  func staleLock() async throws {
    let tree = TestTree()
    Disk.folder(tree.path(".git"))
    Disk.write(tree.path(".git/index.lock"), "")
    var settings = WatchSettings.unhurried
    settings.gitLockLimit = .milliseconds(150)
    try await Session.run(tree, settings: settings) { session in
      await session.atOnce { Disk.write(tree.path("f"), "1") }
      try await session.expectNext(["changed f"])
      #expect(session.watcher.report().warnings.first?.contains(".git/index.lock") == true)
      await session.atOnce {
        Disk.remove(tree.path(".git/index.lock"))
        Disk.write(tree.path("f"), "2")
      }
      try await session.expectNext(["changed f"])
      #expect(session.watcher.report().warnings == [])
    }
  }

  @Test("A repository made later is noticed")
  func laterRepository() async throws {
    let tree = TestTree()
    try await Session.run(tree) { session in
      try run("/usr/bin/git", "init", "-q", in: tree.root)
      _ = try await session.barrier()
      Disk.write(tree.path(".git/index.lock"), "")
      Disk.write(tree.path("f"), "1")
      await #expect(throws: WatcherError.barrierTimedOut) {
        try await session.watcher.barrier(until: .now + .milliseconds(50))
      }
      Disk.remove(tree.path(".git/index.lock"))
      try await session.expectNext(["changed f"])
    }
  }
}
