import NIOCore
import ProjectHost
import SyncProtocol

/// The events for those who ask again and again: of each topic the newest, and who waits for more.
actor EventBoard {
  /// Who can wait at once; more get an answer without events, and wait on their own side.
  private static let mostWaiting = 4_096

  private var ready: Ready
  private var position: EventID
  /// The first event of this process: numbers below are of an earlier one.
  private let first: EventID
  private var recent = RecentFrames()
  private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  private var nextKey = 0
  /// What those hear who ask or wait when the server goes away.
  private var bye: Drain?

  init(_ ready: Ready, at position: EventID) {
    self.ready = ready
    self.position = position
    first = position
  }

  /// Takes an event over and wakes everybody who waits.
  func deliver(_ posted: PostedEvent, _ frame: EventFrame) {
    ready.apply(posted.event)
    position = posted.id
    recent.put(frame, at: posted.id.serial)
    wakeAll()
  }

  /// Lets everybody go with a last word; from now on nobody waits.
  func close(saying bye: Drain) {
    self.bye = bye
    wakeAll()
  }

  /// What a client that was at a position has not seen; without a position that is `ready`.
  ///
  /// Waits for a first event until the deadline; then the answer is a bookmark.
  func events(
    for addressee: EventAddressee,
    after resume: StreamRequest.Resume,
    until deadline: ContinuousClock.Instant
  ) async throws -> [EventFrame] {
    while true {
      let found = try news(for: addressee, after: resume)
      if !found.isEmpty { return found }
      if let bye, ready.state != .draining { return [try EventFrame(.drain(bye), id: position)] }
      guard bye == nil, waiting.count < Self.mostWaiting, ContinuousClock().now < deadline else {
        return [try EventFrame(.bookmark, id: position)]
      }
      await wait(until: deadline)
      if Task.isCancelled { return [] }
    }
  }

  private func news(
    for addressee: EventAddressee,
    after resume: StreamRequest.Resume
  ) throws -> [EventFrame] {
    let opening = try [EventFrame(.ready(ready), id: position)]
    if let why = resume.resetReason(at: position) {
      return try opening + [EventFrame(.reset(Reset(why: why)), id: position)]
    }
    // Numbers of another process tell nothing: the whole state does.
    guard case .after(let id) = resume, (first.serial...position.serial).contains(id.serial) else {
      return opening
    }
    return recent.after(id.serial, for: addressee).map(\.frame)
  }

  private func wait(until deadline: ContinuousClock.Instant) async {
    let key = nextKey
    nextKey += 1
    let seen = position
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.wait(key, after: seen) }
      group.addTask {
        try? await Task.sleep(until: deadline, clock: .continuous)
        await self.wake(key)
      }
      await group.next()
      wake(key)
      group.cancelAll()
    }
  }

  private func wait(_ key: Int, after seen: EventID) async {
    // What came since it was looked is not waited for.
    guard bye == nil, position == seen else { return }
    await withCheckedContinuation { waiting[key] = $0 }
  }

  private func wake(_ key: Int) { waiting.removeValue(forKey: key)?.resume() }

  private func wakeAll() {
    for continuation in waiting.values { continuation.resume() }
    waiting = [:]
  }
}
