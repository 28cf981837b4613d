import Testing
import Watcher

@Suite("Sets of changes", .timeLimit(.minutes(3)))
struct ChangeSetTests {
  private func lines(_ set: ChangeSet) -> [String] {
    set.sorted().map { "\($0.kind) " + String(decoding: $0.path, as: UTF8.self) }
  }

  private func set(_ changes: [(String, Change.Kind)], limit: Int = 100) -> ChangeSet {
    var set = ChangeSet(limit: limit)
    for (path, kind) in changes { set.insert(RawPath(path), kind: kind, evidence: .none) }
    return set
  }

  @Test("The last that is known of a path counts")
  func last() {
    #expect(lines(set([("a", .changed), ("a", .gone)])) == ["gone a"])
    #expect(lines(set([("a", .gone), ("a", .changed)])) == ["changed a"])
  }

  @Test("What lies below a folder that is gone is not told apart, its neighbours are")
  func gone() {
    let changes = set([("d", .gone), ("d/a", .gone), ("d-x", .changed), ("d/e/f", .changed)])
    #expect(lines(changes) == ["gone d", "changed d-x"])
  }

  @Test("A folder that is gone and back tells what went with it")
  func goneAndBack() {
    let changes = set([("d", .gone), ("d/a", .gone), ("d", .directory), ("d/b", .changed)])
    #expect(lines(changes) == ["directory d", "gone d/a", "changed d/b"])
  }

  @Test("Beyond the limit the nearest folder of all paths is in doubt, and swallows what follows")
  func doubt() {
    var changes = set([("p/s/a", .changed), ("p/s/b/c", .changed), ("p/s/d", .gone)], limit: 2)
    #expect(lines(changes) == ["subtreeInDoubt p/s"])
    changes.insert(RawPath("p/s/x"), kind: .changed, evidence: .none)
    changes.insert(RawPath("p/t"), kind: .changed, evidence: .none)
    #expect(lines(changes) == ["subtreeInDoubt p/s", "changed p/t"])
    changes.insert(.root, kind: .subtreeInDoubt, evidence: .none)
    #expect(lines(changes) == ["subtreeInDoubt "])
    changes.insert(RawPath("q"), kind: .changed, evidence: .none)
    #expect(lines(changes) == ["subtreeInDoubt "])
  }

  @Test("Paths without a common folder put the root in doubt")
  func rootInDoubt() {
    let changes = set([("a/x", .changed), ("b/x", .changed), ("ab", .changed)], limit: 2)
    #expect(lines(changes) == ["subtreeInDoubt "])
  }

  @Test("Paths are in the order of their bytes")
  func order() {
    let changes = set([("b", .changed), ("a/z", .changed), ("a-b", .changed), ("", .directory)])
    #expect(lines(changes) == ["directory ", "changed a-b", "changed a/z", "changed b"])
  }
}
