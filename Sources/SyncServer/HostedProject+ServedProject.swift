import Bundler
package import ProjectHost
package import ProjectModel
package import SyncProtocol

extension HostedProject: ServedProject {
  package func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle {
    let file = try await bundle(digest)
    return OpenBundle(descriptor: file.descriptor.number, size: file.size, owner: file)
  }

  package var designerHasPassword: Bool { users.designerHasPassword }

  package func mayDevelop(_ userName: String) -> Bool { users.mayDevelop(userName) }

  package var ownedFiles: [OwnedFileRoutes] {
    [
      OwnedFileRoutes(catalog, at: Route.catalog), OwnedFileRoutes(directory, at: Route.directory),
    ]
  }

  package var isReadOnly: Bool { deployed != nil }

  package func projectFile(_ path: ProjectPath) async -> [UInt8]? {
    if isReadOnly { return await deployedFile(path) }
    return try? PrivateFile.read(root + "/" + path.display, isSecret: false)
  }

  package func revisions() async -> Revisions { await events.revisions }

  package func authenticate(
    user: String,
    password: String
  ) async throws(ProblemDetails) -> AuthenticatedUser {
    try await users.authenticate(user: user, password: password)
  }

  package func lock(
    _ target: LockTarget,
    for owner: LockOwner
  ) async throws(ProblemDetails) -> LockRecord { try await locks.lock(target, for: owner) }

  package func unlock(id: String, by session: String) async throws(ProblemDetails) {
    try await locks.unlock(id: id, by: session)
  }

  package func releaseLocks(of session: String) async { await locks.release(session: session) }

  package func locks() async -> LockList { await locks.list() }
}
