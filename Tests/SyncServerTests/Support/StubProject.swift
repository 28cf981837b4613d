import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import SyncServer
import Synchronization

/// A project whose generations the test makes up.
final class StubProject: ServedProject {
  private struct State {
    var record: GenerationRecord?
    var outcome = ReloadResult.Outcome.published
    var reloads: [(ReloadReason, ContinuousClock.Instant)] = []
    var holdsReloads = false
    var held: [CheckedContinuation<Void, Never>] = []
  }

  static let epoch: UInt64 = 0xABC
  static let content = Array((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
  static let digest = Digest(bytes: (0..<32).map { UInt8($0) })

  let name = "Demo"
  let root = "/projects/Demo"
  let serverID = "stub"
  let events = EventHub(project: "Demo")

  private let state = Mutex(State())
  private let file: FileHandle
  /// Says that a reload has begun.
  let reloadBegan: AsyncStream<Void>
  private let began: AsyncStream<Void>.Continuation

  init(folder: String) throws {
    let path = folder + "/demo.4dz"
    try Data(Self.content).write(to: URL(fileURLWithPath: path))
    file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    try FileManager.default.removeItem(atPath: path)
    (reloadBegan, began) = AsyncStream.makeStream()
  }

  /// Publishes a generation and tells it.
  func publish(_ gen: UInt64, names: [String] = []) async throws {
    let id = GenerationID(epoch: Self.epoch, gen: gen)
    guard let digest = Self.digest else { return }
    let record = GenerationRecord(
      id: id,
      digest: digest,
      size: UInt64(Self.content.count),
      members: 3,
      reason: .watch,
      changed: 2,
      builtAt: "2026-01-01T00:00:00.000Z"
    )
    let isFirst = state.withLock { state in
      defer { state.record = record }
      return state.record == nil
    }
    guard !isFirst else { return await events.start(at: record, id: id) }
    let changed = ReconnectRequired.Changed(
      methods: 1,
      classes: 0,
      forms: 0,
      catalog: 0,
      settings: 0,
      others: 0,
      names: names
    )
    let notice = ReconnectRequired(
      record: record,
      supersedes: gen - 1,
      changed: changed,
      spreadMs: 5_000
    )
    await events.post(notice, id: id)
  }

  var reloads: [ReloadReason] { state.withLock { $0.reloads.map(\.0) } }

  func answerReloads(_ outcome: ReloadResult.Outcome) { state.withLock { $0.outcome = outcome } }

  /// Lets the next reloads wait until `releaseReloads()`.
  func holdReloads() { state.withLock { $0.holdsReloads = true } }

  func releaseReloads() {
    let held = state.withLock { state in
      defer { (state.held, state.holdsReloads) = ([], false) }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  // MARK: ServedProject

  func current() async -> GenerationRecord? { state.withLock { $0.record } }

  func generation(_ id: GenerationID) async throws(ProblemDetails) -> GenerationRecord {
    guard let record = state.withLock({ $0.record }) else {
      throw ProblemDetails(.building, detail: "Not yet.")
    }
    if record.id == id.description { return record }
    throw ProblemDetails(id.gen < record.gen ? .trimmed : .notFound, detail: "Not this one.")
  }

  func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle {
    guard digest == Self.digest else { throw ProblemDetails(.notFound, detail: "Unknown.") }
    return OpenBundle(
      descriptor: file.fileDescriptor,
      size: UInt64(Self.content.count),
      owner: self
    )
  }

  func manifest(_ digest: Digest) async throws(ProblemDetails) -> [UInt8] {
    guard digest == Self.digest else { throw ProblemDetails(.notFound, detail: "Unknown.") }
    return Array("syncd-manifest 1\n".utf8)
  }

  func reload(
    reason: ReloadReason,
    deadline: ContinuousClock.Instant
  ) async -> ReloadResult {
    let (outcome, holds) = state.withLock { state in
      state.reloads.append((reason, deadline))
      return (state.outcome, state.holdsReloads)
    }
    began.yield()
    if holds {
      await withCheckedContinuation { continuation in
        let isReleased = state.withLock { state in
          if state.holdsReloads { state.held.append(continuation) }
          return !state.holdsReloads
        }
        if isReleased { continuation.resume() }
      }
    }
    return ReloadResult(
      outcome: outcome,
      generation: state.withLock { $0.record },
      changed: 1,
      problems: [],
      tookMs: 1.5
    )
  }

  func condition() async -> ProjectCondition {
    let record = state.withLock { $0.record }
    return ProjectCondition(
      state: record == nil ? .loading : .serving,
      generation: record,
      problems: [],
      watching: .init(mode: "events", directories: 7, overflows: 2, warnings: []),
      published: 4,
      unchanged: 5,
      failed: 6,
      lastReloadSeconds: 0.25
    )
  }
}
