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

/// A client session as others see it; what belongs to 4D's session object is kept beside it, by id.
package struct OpenSession: Hashable, Sendable {
  /// How the user of a session is known.
  package enum Proof: Hashable, Sendable {
    /// Not at all: the project asks nobody for a password.
    case none
    case password
    /// By working on the server's own machine and account.
    case machine
  }

  package let id: SessionID
  package let userName: String
  package let machineName: String
  package let systemUserName: String
  /// The client program, as it names itself.
  package let client: String?
  /// The version of the API that both sides speak.
  package let api: Int
  /// The digest and the name of the generation that the session stays on.
  package let generation: PinnedGeneration?
  /// When it was opened, ISO 8601.
  package let since: String
  /// What its user has shown: the first password of the Designer ends sessions without any.
  package let proof: Proof
  /// It works in development mode: it may write.
  package private(set) var isDeveloper: Bool

  package init(
    id: SessionID,
    userName: String,
    machineName: String,
    systemUserName: String,
    client: String? = nil,
    api: Int = 1,
    generation: PinnedGeneration? = nil,
    since: String = "",
    proof: Proof = .none,
    isDeveloper: Bool
  ) {
    self.id = id
    self.userName = userName
    self.machineName = machineName
    self.systemUserName = systemUserName
    self.client = client
    self.api = api
    self.generation = generation
    self.since = since
    self.proof = proof
    self.isDeveloper = isDeveloper
  }

  mutating func becomeDeveloper() { isDeveloper = true }

  /// The same session without the development mode.
  package func withoutDevelopment() -> OpenSession {
    var session = self
    session.isDeveloper = false
    return session
  }
}
