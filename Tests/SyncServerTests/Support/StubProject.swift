import Bundler
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
    var isAnnOut = false
    var pins: [Digest] = []
    var reloads: [(ReloadReason, ContinuousClock.Instant)] = []
    var holdsReloads = false
    var held: [CheckedContinuation<Void, Never>] = []
    var barriers: [BarrierRequest] = []
    var locks: [LockRecord] = []
    var lockCount = 0
    var isProtected = false
    var isReadOnly = false
    var large: FileHandle?
  }

  static let epoch: UInt64 = 0xABC
  static let secret = [UInt8](repeating: 7, count: 32)
  static let content = Array((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
  static let digest = Digest(bytes: (0..<32).map { UInt8($0) })

  let name = "Demo"
  let root: String
  let serverID = "stub"
  let events = EventHub(project: "Demo", serverID: "stub")
  let machineSecret: [UInt8]? = StubProject.secret
  let folders = ClientFolders(
    project: "/projects/Demo",
    userPreferences: "/state/userPreferences",
    derivedData: "/state/DerivedDataRemote"
  )
  let toy = ToyFile()
  private let otherToy = ToyFile()

  private let state = Mutex(State())
  private let file: FileHandle
  /// Says that a reload has begun.
  let reloadBegan: AsyncStream<Void>
  private let began: AsyncStream<Void>.Continuation

  init(folder: String) throws {
    root = folder
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
      of: serverID,
      supersedes: gen - 1,
      changed: changed,
      revisions: Revisions(),
      spreadMs: 5_000,
      deltaSpreadMs: 0
    )
    await events.post(notice, id: id)
  }

  var barriers: [BarrierRequest] { state.withLock { $0.barriers } }

  /// `ann` develops, until she is taken out of the group.
  func mayDevelop(_ userName: String) -> Bool {
    userName == "ann" && state.withLock { !$0.isAnnOut }
  }

  func takeAnnOut() { state.withLock { $0.isAnnOut = true } }

  /// Is a deployed archive from now on.
  func deploy() { state.withLock { $0.isReadOnly = true } }

  /// Gives the Designer a password: `ann` with `secret` may develop, `bob` with `secret` may not.
  func protect() { state.withLock { $0.isProtected = true } }

  /// Takes the Designer's password away.
  func unprotect() { state.withLock { $0.isProtected = false } }

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

  func current() -> GenerationRecord? { state.withLock { $0.record } }

  func generation(_ id: GenerationID) async throws(ProblemDetails) -> GenerationRecord {
    guard let record = state.withLock({ $0.record }) else {
      throw ProblemDetails(.building, detail: "Not yet.")
    }
    if record.id == id.description { return record }
    throw ProblemDetails(id.gen < record.gen ? .trimmed : .notFound, detail: "Not this one.")
  }

  static let largeContent = (0..<12_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  static let largeDigest = Digest(bytes: (0..<32).map { UInt8(100 + $0) })

  /// Keeps a second bundle that no connection holds as a whole, under `largeDigest`.
  func keepLargeBundle() throws {
    let path = root + "/large.4dz"
    try Data(Self.largeContent).write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    state.withLock { $0.large = file }
  }

  /// Takes the bytes out of the large bundle's file: nobody can read it any more.
  func emptyLargeBundle() throws { try state.withLock { $0.large }?.truncate(atOffset: 0) }

  func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle {
    if digest == Self.largeDigest, let large = state.withLock({ $0.large }) {
      return OpenBundle(
        descriptor: large.fileDescriptor,
        size: UInt64(Self.largeContent.count),
        owner: self
      )
    }
    guard digest == Self.digest else { throw ProblemDetails(.notFound, detail: "Unknown.") }
    return OpenBundle(
      descriptor: file.fileDescriptor,
      size: UInt64(Self.content.count),
      owner: self
    )
  }

  func delta(
    from: Digest,
    to: Digest,
    form: DeltaForm
  ) async throws(ProblemDetails) -> EncodedDelta {
    throw ProblemDetails(.notFound, detail: "No delta here.")
  }

  var pins: [Digest] { state.withLock { $0.pins } }

  func pin(_ digest: Digest) async -> Bool {
    state.withLock { $0.pins.append(digest) }
    return true
  }

  func unpin(_ digest: Digest) async {
    state.withLock { state in
      if let index = state.pins.firstIndex(of: digest) { state.pins.remove(at: index) }
    }
  }

  func manifest(_ digest: Digest) async throws(ProblemDetails) -> [UInt8] {
    guard digest == Self.digest else { throw ProblemDetails(.notFound, detail: "Unknown.") }
    return Array("syncd-manifest 1\n".utf8)
  }

  func reload(
    reason: ReloadReason,
    cause: String?,
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

  var isReadOnly: Bool { state.withLock { $0.isReadOnly } }

  var designerHasPassword: Bool { state.withLock { $0.isProtected } }

  var ownedFiles: [OwnedFileRoutes] {
    [OwnedFileRoutes(toy, at: Route.catalog), OwnedFileRoutes(otherToy, at: Route.directory)]
  }

  func inventory() async throws(ProblemDetails) -> Inventory {
    guard let digest = Self.digest else { throw ProblemDetails(.notFound, detail: "None.") }
    return Inventory(components: [], plugins: [], dependencies: [], digest: digest, problems: [])
  }

  func revisions() async -> Revisions { Revisions(catalog: "c1", directory: "d1") }

  func authenticate(
    user: String,
    password: String
  ) async throws(ProblemDetails) -> AuthenticatedUser {
    guard ["ann", "bob"].contains(user), password == "secret" else {
      throw ProblemDetails(.authenticationRequired, detail: "Wrong user or password.")
    }
    return AuthenticatedUser(name: user, mayDevelop: user == "ann")
  }

  func lock(_ target: LockTarget, for owner: LockOwner) async throws(ProblemDetails) -> LockRecord {
    let result: Result<LockRecord, ProblemDetails> = state.withLock { state in
      if let other = state.locks.first(where: { $0.target == target }) {
        var problem = ProblemDetails(.locked, detail: "Held.")
        problem.lock = other
        return .failure(problem)
      }
      state.lockCount += 1
      let lock = LockRecord(
        id: "l\(state.lockCount)",
        target: target,
        owner: owner,
        since: "2026-01-01T00:00:00.000Z"
      )
      state.locks.append(lock)
      return .success(lock)
    }
    return try result.get()
  }

  func unlock(id: String, by session: String) async throws(ProblemDetails) {
    let isGone = state.withLock { state in
      let count = state.locks.count
      state.locks.removeAll { $0.id == id && $0.owner.session == session }
      return state.locks.count < count
    }
    if !isGone { throw ProblemDetails(.notFound, detail: "No such lock.") }
  }

  func releaseLocks(of session: String) async {
    state.withLock { $0.locks.removeAll { $0.owner.session == session } }
  }

  func locks() async -> LockList { LockList(locks: state.withLock { $0.locks }) }

  func saveAll(
    _ request: BarrierRequest,
    deadline: ContinuousClock.Instant
  ) async -> BarrierResult {
    state.withLock { state in
      state.barriers.append(request)
      return BarrierResult(
        outcome: state.outcome,
        generation: state.record,
        changed: 1,
        changedMembers: ["Project/Sources/Methods/m.4dm"],
        files: (request.files ?? []).map { .init(path: $0.path, state: .held) },
        problems: [],
        tookMs: 1.5
      )
    }
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
