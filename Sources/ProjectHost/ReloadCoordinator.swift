import Bundler
import Foundation
import Logging
import ProjectModel
import SyncProtocol
import Synchronization
import Watcher

/// The only place where a generation is born.
///
/// Reloads are serial. What arrives during one joins the next, and a caller who waits is answered
/// only by a reload that began after everything written before the call had been noticed.
actor ReloadCoordinator {
  /// Options of a host that change what a reload does.
  struct Policy: Sendable {
    /// Problems that are only reported otherwise fail the reload too.
    let strict: Bool
    /// Bytes per second that all clients together may fetch a new bundle with.
    let bandwidth: UInt64
  }

  /// Why there is a reload, for the generation that comes of it.
  private struct Origin {
    let reason: ReloadReason
    var cause: String?
  }

  struct Outcome {
    let kind: ReloadResult.Outcome
    let problems: [Problem]
  }

  let watcher: TreeWatcher
  private let source: any BundleSource
  private let store: BundleStore
  private let hub: EventHub
  private let policy: Policy
  private let logger: Logger
  private var log: GenerationLog
  private var names = NameProblems()

  var generation: GenerationRecord? {
    didSet { published.withLock { $0 = generation } }
  }
  /// The current generation for those who must not wait for a turn.
  private nonisolated let published = Mutex<GenerationRecord?>(nil)
  var manifest: Manifest?
  private var state = ProjectStatus.State.loading
  var problems: [Problem] = []
  private var counts: [ReloadResult.Outcome: Int] = [:]
  private var lastReload: Duration = .zero
  /// The members that the current generation changed against the one before.
  var lastChanged: [ProjectPath] = []
  /// Files that this service has written itself and whose change is still to come.
  private var ownEdits: Set<ProjectPath> = []

  var ended = false
  var absorbed: UInt64 = 0
  private var pending: ChangeBatch?
  private var pendingDone: CheckedContinuation<Void, Never>?
  var callers = WaitingCallers()
  /// The outcome of the reload under way, once its generation is known and its file is not.
  var announced: Outcome?
  private let catalogTouch: AsyncStream<Void>.Continuation
  /// Yields when a batch or a generation says that the catalog may have changed; the newest is enough.
  nonisolated let catalogTouches: AsyncStream<Void>
  private let wakeUps: AsyncStream<Void>
  let wakeUp: AsyncStream<Void>.Continuation

  init(
    watcher: TreeWatcher,
    source: any BundleSource,
    store: BundleStore,
    log: consuming GenerationLog,
    hub: EventHub,
    policy: Policy,
    logger: Logger
  ) {
    self.watcher = watcher
    self.source = source
    self.store = store
    self.log = log
    self.hub = hub
    self.policy = policy
    self.logger = logger
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (catalogTouches, catalogTouch) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: The loop

  /// Builds the first generation, then reloads whenever something changed or somebody asks.
  ///
  /// - Throws: `BundleError` or `HostError` when there is no first generation: nothing can be
  ///   served then. Later failures degrade the project and are not thrown.
  func run() async throws {
    let clock = ContinuousClock()
    let began = clock.now
    let outcome = try await publish(try await firstSnapshot(), Origin(reason: .startup))
    await finish(outcome, took: clock.now - began)
    if outcome.kind == .failed, generation == nil {
      throw HostError(.notAProject, Self.sentence(outcome.problems))
    }
    await saveIndex()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.collect() }
      for await _ in wakeUps { await reloadOnce() }
      end()
      group.cancelAll()
    }
    await saveIndex()
  }

  /// Goes on from the last bundle of an earlier run, where there is one.
  private func firstSnapshot() async throws -> Snapshot {
    guard let last = await store.latest else { return try await source.build(progress: nil) }
    return try await source.resume(from: last, index: await store.savedIndex, progress: nil)
  }

  /// Spares the next start from reading what did not change; without it that start only takes
  /// longer.
  private func saveIndex() async {
    guard let index = await source.savedIndex() else { return }
    do {
      try await store.saveIndex(index)
    } catch {
      logger.warning("The index is not saved", metadata: ["error": "\(error)"])
    }
  }

  /// Ends the loop after the reload that is under way.
  nonisolated func stop() { wakeUp.finish() }

  /// Lets everybody go who waits for a reload that will not come.
  private func end() {
    ended = true
    pendingDone?.resume()
    pendingDone = nil
    for key in callers.keys { giveUp(key) }
  }

  private func collect() async {
    while !Task.isCancelled, let batch = try? await watcher.nextBatch() {
      await absorb(batch)
    }
    stop()
  }

  /// Hands a batch to the loop and returns when its reload is done.
  ///
  /// Asking the watcher for the next one says so; until then changes wait there, merged and bounded.
  private func absorb(_ batch: ChangeBatch) async {
    if ended { return }
    await withCheckedContinuation { continuation in
      pending = batch
      pendingDone = continuation
      wakeUp.yield()
    }
  }

  private func reloadOnce() async {
    let batch = pending
    pending = nil
    absorbed = batch?.sequence ?? absorbed
    let changes = batch?.changes ?? []
    let waiting = callers.answered(by: absorbed)
    guard batch != nil || !waiting.isEmpty else { return }
    let isOwnEdit = noteTouches(of: changes)
    let caller = waiting.first?.caller
    let origin = Origin(
      reason: caller?.reason ?? (isOwnEdit ? .edit : .watch),
      cause: caller?.cause
    )
    let clock = ContinuousClock()
    let began = clock.now
    let outcome = await reload(changes, origin)
    await finish(outcome, took: clock.now - began)
    pendingDone?.resume()
    pendingDone = nil
    announced = nil
    answer(outcome)
  }

  /// Tells of a catalog that may have changed; returns whether this service wrote what changed.
  private func noteTouches(of changes: [Change]) -> Bool {
    let catalog = ProjectLayout.catalog
    let touched = changes.filter { change in
      let path = ProjectPath(bytes: change.path)
      return path == catalog || (change.kind == .subtreeInDoubt && catalog.isInside(path))
    }
    guard !touched.isEmpty else { return false }
    catalogTouch.yield()
    return ownEdits.remove(catalog) != nil
  }

  /// The change of a file that this service writes is about to be noticed.
  func expectEdit(of path: ProjectPath) { ownEdits.insert(path) }

  /// The edit was refused.
  func expectNoEdit(of path: ProjectPath) { ownEdits.remove(path) }

  // MARK: One reload

  private func reload(_ changes: [Change], _ origin: Origin) async -> Outcome {
    do {
      let snapshot = try await source.update(changes.map(Self.treeChange), progress: nil)
      do {
        return try await publish(snapshot, origin)
      } catch let error as BundleError where error.code == .damaged {
        // Somebody wrote to the last bundle: what was to be copied from it is packed again.
        return try await publish(try await source.update([], progress: nil), origin)
      }
    } catch let error as BundleError {
      let text = error.remedy.isEmpty ? error.what : "\(error.what); \(error.remedy)"
      return failed(text, rule: "reload-failed", file: error.path)
    } catch {
      return failed("\(error)", rule: "reload-failed", file: "")
    }
  }

  private static func treeChange(_ change: Change) -> TreeChange {
    let path = ProjectPath(bytes: change.path)
    return change.kind == .subtreeInDoubt ? .subtree(path) : .path(path)
  }

  private func publish(_ snapshot: Snapshot, _ origin: Origin) async throws -> Outcome {
    let found = snapshot.problems + names.problems(of: snapshot.manifest)
    let blocking = found.filter { $0.severity == .failure || policy.strict }
    guard blocking.isEmpty else {
      return Outcome(kind: .failed, problems: found)
    }
    if let generation, generation.digest == snapshot.manifest.digest {
      // The file is there, unless writing it failed the last time.
      try await store.publish(snapshot)
      return Outcome(kind: .unchanged, problems: found)
    }
    if let last = log.last, generation == nil, last.digest == snapshot.manifest.digest {
      // The service was restarted and the project is as it was: the same generation goes on.
      try await store.publish(snapshot)
      await begin(with: last, snapshot.manifest)
      return Outcome(kind: .unchanged, problems: found)
    }
    let changed = snapshot.manifest.changedPaths(since: manifest)
    let outcome = Outcome(kind: .published, problems: found)
    try await store.publish(snapshot) {
      try await self.announce(snapshot.manifest, changed: changed, origin, outcome)
    } durable: {
      await self.answer(outcome)
    }
    return outcome
  }

  /// Makes a new generation known, once the disk has room for its bundle and before that is
  /// written: clients need not wait for a file that follows from what is known already.
  private func announce(
    _ manifest: Manifest,
    changed: [ProjectPath],
    _ origin: Origin,
    _ outcome: Outcome
  ) async throws {
    let id = log.next
    let record = GenerationRecord(
      id: id,
      digest: manifest.digest,
      size: manifest.archiveSize,
      members: manifest.members.count,
      reason: origin.reason,
      changed: changed.count,
      builtAt: Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    )
    try log.append(record)
    lastChanged = changed
    guard let previous = generation else { return await begin(with: record, manifest) }
    generation = record
    self.manifest = manifest
    // What the answer promises holds already; the file follows.
    answerEarly(outcome)
    await conclude(outcome)
    let spread = ReturnSpread(clients: hub.audience.count, bandwidth: policy.bandwidth)
    let notice = ReconnectRequired(
      record: record,
      of: hub.serverID,
      supersedes: previous.gen,
      cause: origin.cause,
      changed: .init(changed),
      revisions: await hub.revisions,
      spreadMs: spread.milliseconds(fetching: record.size),
      deltaSpreadMs: spread.milliseconds(fetching: manifest.packedSize(of: changed))
    )
    await hub.post(notice, id: id)
    // In an archive it changes with the generation, and with nothing else.
    if changed.contains(ProjectLayout.catalog) { catalogTouch.yield() }
  }

  private func begin(with record: GenerationRecord, _ manifest: Manifest) async {
    generation = record
    self.manifest = manifest
    if let id = GenerationID(record.id) { await hub.start(at: record, id: id) }
    catalogTouch.yield()
  }

  private func failed(_ text: String, rule: String, file: String) -> Outcome {
    Outcome(
      kind: .failed,
      problems: [Problem(rule: rule, severity: .failure, file: file, text: text)]
    )
  }

  private func finish(_ outcome: Outcome, took: Duration) async {
    counts[outcome.kind, default: 0] += 1
    lastReload = took
    if outcome.kind == .failed {
      logger.error("Reload failed", metadata: ["problems": "\(Self.sentence(outcome.problems))"])
    } else if outcome.kind == .published {
      logger.info(
        "Generation published",
        metadata: [
          "generation": "\(generation?.id ?? "")", "changed": "\(lastChanged.count)",
          "took": "\(took)",
        ]
      )
    }
    await conclude(outcome)
  }

  /// Takes over what a reload says of the project, and tells clients where that is new.
  private func conclude(_ outcome: Outcome) async {
    let before = (state, problems)
    state = outcome.kind == .failed ? .degraded : .serving
    problems = outcome.problems
    if before.0 != .loading, before.0 != state || (state == .degraded && before.1 != problems) {
      await hub.post(.build(BuildState(state: state, problems: problems)))
    }
  }

  private static func sentence(_ problems: [Problem]) -> String {
    guard let first = problems.first(where: { $0.severity == .failure }) ?? problems.first else {
      return "the project cannot be built"
    }
    let place = [first.file, first.line.map(String.init)].compactMap(\.self)
      .filter { !$0.isEmpty }.joined(separator: ":")
    return place.isEmpty ? first.text : "\(place): \(first.text)"
  }

  // MARK: Reading

  nonisolated func current() -> GenerationRecord? { published.withLock { $0 } }

  /// The record of a generation of this epoch, where it is remembered.
  func record(of id: GenerationID) -> GenerationRecord? {
    log.recent.last { $0.id == id.description }
  }

  func currentManifest() -> Manifest? { manifest }

  func condition() -> ProjectCondition {
    let report = watcher.report()
    return ProjectCondition(
      state: state,
      generation: generation,
      problems: problems,
      watching: .init(
        mode: "\(report.mode)",
        directories: report.directories,
        overflows: report.overflows,
        warnings: report.warnings
      ),
      published: counts[.published, default: 0],
      unchanged: counts[.unchanged, default: 0],
      failed: counts[.failed, default: 0],
      lastReloadSeconds: lastReload / .seconds(1)
    )
  }
}
