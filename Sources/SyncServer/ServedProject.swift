import Bundler
package import ProjectHost
package import ProjectModel
package import SyncProtocol

/// What a server needs of an open project: the seam at which a test puts its own.
package protocol ServedProject: Sendable {
  var name: String { get }
  var root: String { get }
  var serverID: String { get }
  var events: EventHub { get }

  func current() async -> GenerationRecord?
  func generation(_ id: GenerationID) async throws(ProblemDetails) -> GenerationRecord
  func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle
  func manifest(_ digest: Digest) async throws(ProblemDetails) -> [UInt8]
  func reload(reason: ReloadReason, deadline: ContinuousClock.Instant) async -> ReloadResult
  func condition() async -> ProjectCondition
}

extension HostedProject: ServedProject {
  package func openBundle(_ digest: Digest) async throws(ProblemDetails) -> OpenBundle {
    let file = try await bundle(digest)
    return OpenBundle(descriptor: file.descriptor.number, size: file.size, owner: file)
  }
}
