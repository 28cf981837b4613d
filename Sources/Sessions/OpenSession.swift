package import ProjectModel

/// The generation that a session stays on until its client reconnects.
package struct PinnedGeneration: Hashable, Sendable {
  /// `E:G`.
  package let id: String
  package let digest: Digest

  package init(id: String, digest: Digest) {
    self.id = id
    self.digest = digest
  }
}

/// Who a session belongs to and what it works with; what changes while it is open is kept beside
/// it, by id.
package struct OpenSession: Hashable, Sendable {
  /// How the user of a session is known.
  package enum Proof: String, Hashable, Sendable {
    /// Not at all: the project asks nobody for a password.
    case none
    case password
    /// By working on the server's own machine and account.
    case machine
  }

  package let id: SessionID
  package let kind: SessionKind
  /// A web session has the name that `setPrivileges` gave it.
  package private(set) var userName: String
  package let machineName: String
  package let systemUserName: String
  /// The client program, as it names itself.
  package let client: String?
  /// The version of the API that both sides speak.
  package let api: Int
  /// The digest and the name of the generation that the session stays on.
  package private(set) var generation: PinnedGeneration?
  /// When it was opened, ISO 8601.
  package let since: String
  /// What its user has shown: the first password of the Designer ends sessions without any.
  package let proof: Proof
  /// It works in development mode: it may write.
  package private(set) var isDeveloper: Bool
  /// The client's address; `localhost` where it is on this machine.
  package let address: String
  /// `windows`, `mac` or what else the client says of itself.
  package let hostType: String?
  /// An id that stays the same for a client from one session to the next.
  package let persistentID: String?

  package init(
    id: SessionID,
    kind: SessionKind = .remote,
    userName: String,
    machineName: String,
    systemUserName: String,
    client: String? = nil,
    api: Int = 1,
    generation: PinnedGeneration? = nil,
    since: String = "",
    proof: Proof = .none,
    isDeveloper: Bool,
    address: String = "",
    hostType: String? = nil,
    persistentID: String? = nil
  ) {
    self.id = id
    self.kind = kind
    self.userName = userName
    self.machineName = machineName
    self.systemUserName = systemUserName
    self.client = client
    self.api = api
    self.generation = generation
    self.since = since
    self.proof = proof
    self.isDeveloper = isDeveloper
    self.address = address
    self.hostType = hostType
    self.persistentID = persistentID
  }

  mutating func stay(on generation: PinnedGeneration) { self.generation = generation }

  mutating func becomeDeveloper() { isDeveloper = true }

  mutating func rename(_ userName: String) { self.userName = userName }

  /// The same session on another generation.
  package func staying(on generation: PinnedGeneration) -> OpenSession {
    var session = self
    session.stay(on: generation)
    return session
  }

  /// The same session without the development mode.
  package func withoutDevelopment() -> OpenSession {
    var session = self
    session.isDeveloper = false
    return session
  }
}
