package import Bundler
package import ProjectHost
package import ProjectModel
package import SyncProtocol

/// What a server needs of an open project: the seam at which a test puts its own.
package protocol ServedProject: Sendable {
  var name: String { get }
  var root: String { get }
  var serverID: String { get }
  var events: EventHub { get }
  /// The random bytes of `projectToken.json`; `nil` where no proof over TCP is possible.
  var machineSecret: [UInt8]? { get }
  /// The folders that a same-machine client works in.
  var folders: ClientFolders { get }
  /// Whether the Designer has a password, so that clients log in; asked for at each request.
  var designerHasPassword: Bool { get }
  /// Whether a user may develop, as the directory says it now.
  func mayDevelop(_ userName: String) -> Bool
  /// The owned files that can be read and edited, one entry each.
  var ownedFiles: [OwnedFileRoutes] { get }
  /// Whether clients can change nothing of the project, its users aside: a deployed archive.
  var isReadOnly: Bool { get }
  /// A file of the project that the server itself goes by, as it is served now.
  func projectFile(_ path: ProjectPath) async -> [UInt8]?

  func current() -> GenerationRecord?
  func generation(_ id: GenerationID) async throws(ProblemDetails) -> GenerationRecord
  func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle
  func delta(
    from: Digest,
    to: Digest,
    form: DeltaForm
  ) async throws(ProblemDetails) -> EncodedDelta
  /// Keeps a generation until `unpin`; false when it is not here.
  func pin(_ digest: Digest) async -> Bool
  func unpin(_ digest: Digest) async
  func manifest(_ digest: Digest) async throws(ProblemDetails) -> [UInt8]
  func inventory() async throws(ProblemDetails) -> Inventory
  func revisions() async -> Revisions
  func reload(
    reason: ReloadReason,
    cause: String?,
    deadline: ContinuousClock.Instant
  ) async -> ReloadResult
  func saveAll(_ request: BarrierRequest, deadline: ContinuousClock.Instant) async -> BarrierResult
  func condition() async -> ProjectCondition

  /// Checks a user and a password of the directory, with equal work for unknown users.
  ///
  /// - Throws: `auth-required` when they do not fit, `too-many` when there is no room for the check.
  func authenticate(
    user: String,
    password: String
  ) async throws(ProblemDetails) -> AuthenticatedUser

  /// - Throws: `locked` with the lock in the way, `bad-request` for what cannot be locked.
  func lock(_ target: LockTarget, for owner: LockOwner) async throws(ProblemDetails) -> LockRecord
  /// - Throws: `not-found`; `locked` for another session's lock.
  func unlock(id: String, by session: String) async throws(ProblemDetails)
  /// Ends every lock of a session that has ended.
  func releaseLocks(of session: String) async
  func locks() async -> LockList
}

extension ServedProject {
  package var isReadOnly: Bool { false }

  package func projectFile(_ path: ProjectPath) async -> [UInt8]? {
    try? PrivateFile.read(root + "/" + path.display, isSecret: false)
  }

  /// Refuses what needs the sources of the project.
  func requireSources(for what: String) throws(ProblemDetails) {
    guard isReadOnly else { return }
    throw ProblemDetails(
      .readOnly,
      detail: "The project is served from its archive, which is only read: \(what)."
    )
  }
}
