import Bundler
package import ProjectHost
package import ProjectModel
package import SyncProtocol

extension HostedProject: ServedProject {
  package func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle {
    let file = try await bundle(digest)
    return OpenBundle(descriptor: file.descriptor.number, size: file.size, owner: file)
  }

  // MARK: What this project does not offer yet

  package var machineSecret: [UInt8]? { nil }
  package var folders: ClientFolders {
    ClientFolders(project: root, userPreferences: "", derivedData: "")
  }
  package var designerHasPassword: Bool { false }
  package var ownedFiles: [OwnedFileRoutes] { [] }
  package func inventory() async throws(ProblemDetails) -> Inventory { throw Self.notOffered }
  package func revisions() async -> Revisions { Revisions() }
  package func authenticate(
    user: String,
    password: String
  ) async throws(ProblemDetails) -> AuthenticatedUser { throw Self.notOffered }
  package func lock(
    _ target: LockTarget,
    for owner: LockOwner
  ) async throws(ProblemDetails) -> LockRecord { throw Self.notOffered }
  package func unlock(id: String, by session: String) async throws(ProblemDetails) {
    throw Self.notOffered
  }
  package func releaseLocks(of session: String) async {}
  package func locks() async -> LockList { LockList(locks: []) }

  package func saveAll(
    _ request: BarrierRequest,
    deadline: ContinuousClock.Instant
  ) async -> BarrierResult {
    let result = await reload(reason: .saveAll, deadline: deadline)
    return BarrierResult(
      outcome: result.outcome,
      generation: result.generation,
      changed: result.changed,
      changedMembers: [],
      files: [],
      problems: result.problems,
      tookMs: result.tookMs
    )
  }

  private static var notOffered: ProblemDetails {
    ProblemDetails(.notFound, detail: "This project does not offer that.")
  }
}
