import Testing
import Watcher

@Suite("When changes are released", .timeLimit(.minutes(3)))
struct SettlerTests {
  private let start = ContinuousClock.now
  private let settler = Settler(settings: WatchSettings())

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
    start + .milliseconds(milliseconds)
  }

  private func pending(first: Int, last: Int, single: Bool = false) -> Settler.Situation {
    var situation = Settler.Situation()
    situation.pending = single ? 1 : 5
    situation.isSingleCleanSave = single
    situation.firstEvent = at(first)
    situation.lastEvent = at(last)
    return situation
  }

  @Test("Nothing pending, nothing to do: no timer runs")
  func idle() {
    #expect(settler.decide(Settler.Situation(), now: start) == .nothingPending)
    var locked = Settler.Situation()
    locked.lockedSince = start
    locked.barrierWaits = true
    #expect(settler.decide(locked, now: start) == .nothingPending)
  }

  @Test("A single clean save waits 2 ms, a burst 20 ms after its last event")
  func silence() {
    let single = pending(first: 0, last: 0, single: true)
    #expect(settler.decide(single, now: at(1)) == .wait(until: at(2)))
    #expect(settler.decide(single, now: at(2)) == .release)
    let burst = pending(first: 0, last: 15)
    #expect(settler.decide(burst, now: at(16)) == .wait(until: at(35)))
    #expect(settler.decide(burst, now: at(35)) == .release)
  }

  @Test("Under continuous writing the cap decides")
  func cap() {
    let endless = pending(first: 0, last: 249)
    #expect(settler.decide(endless, now: at(249)) == .wait(until: at(250)))
    #expect(settler.decide(endless, now: at(250)) == .release)
  }

  @Test("While git holds its lock nothing is released, for at most its limit")
  func lock() {
    var situation = pending(first: 0, last: 0)
    situation.lockedSince = at(-100)
    situation.barrierWaits = true
    #expect(settler.decide(situation, now: at(5_000)) == .waitForLock(until: at(9_900)))
    #expect(settler.decide(situation, now: at(9_900)) == .release)
  }

  @Test("After the lock is gone the batch follows within 10 ms, whatever its age")
  func unlocked() {
    var situation = pending(first: 0, last: 3_000)
    situation.unlockedAt = at(3_050)
    #expect(settler.decide(situation, now: at(3_051)) == .wait(until: at(3_055)))
    #expect(settler.decide(situation, now: at(3_055)) == .release)
    // More came after the lock: the usual silence counts again.
    situation.lastEvent = at(3_060)
    #expect(settler.decide(situation, now: at(3_061)) == .wait(until: at(3_080)))
  }

  @Test("A barrier ends settling at once, and wants held files, too")
  func barrier() {
    var situation = pending(first: 0, last: 0)
    situation.barrierWaits = true
    #expect(settler.decide(situation, now: at(0)) == .release)
    var held = Settler.Situation()
    held.held = 1
    #expect(settler.decide(held, now: at(0)) == .nothingPending)
    held.barrierWaits = true
    #expect(settler.decide(held, now: at(0)) == .release)
  }
}
