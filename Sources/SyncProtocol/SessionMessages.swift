/// How a client may work.
package enum ClientMode: String, Hashable, Sendable, Codable {
  /// It may write: save-all, owned files, locks.
  case development
  /// It reads bundles and events.
  case remote
}

/// The body of `POST /v1/sessions`.
package struct SessionRequest: Hashable, Sendable, Codable {
  /// The client program and its version.
  package let client: String?
  /// The versions of the API that the client speaks; 1 when left out.
  package let api: Hello.APIRange?
  package let machineName: String?
  package let systemUserName: String?
  /// `windows`, `mac` or what else the client runs on, for `info`.
  package let hostType: String?
  /// An id that the client keeps from one session to the next, for `info`.
  package let persistentID: String?
  /// A user of `directory.json`, where the project asks for one.
  package let user: String?
  package let password: String?
  /// Asks for the development mode; on the server's own machine it is always on.
  package let development: Bool?

  package init(
    client: String? = nil,
    api: Hello.APIRange? = nil,
    machineName: String? = nil,
    systemUserName: String? = nil,
    hostType: String? = nil,
    persistentID: String? = nil,
    user: String? = nil,
    password: String? = nil,
    development: Bool? = nil
  ) {
    self.client = client
    self.api = api
    self.machineName = machineName
    self.systemUserName = systemUserName
    self.hostType = hostType
    self.persistentID = persistentID
    self.user = user
    self.password = password
    self.development = development
  }
}

/// The body of `PUT /v1/sessions/self/generation`.
package struct StayRequest: Hashable, Sendable, Codable {
  /// `E:G`: the generation that the client has now.
  package let generation: String

  package init(generation: String) { self.generation = generation }
}

/// An open client session.
///
/// It ends when it is deleted, or so long after its last request and the end of its event stream.
package struct ClientSession: Hashable, Sendable, Codable {
  package static let graceSeconds = 90

  package let id: String
  /// The version of the API that both sides speak: the highest that both know.
  package let api: Int
  /// The bearer token, told once: `nil` when a session is read.
  package let token: String?
  package let mode: ClientMode
  package let userName: String
  package let graceSeconds: Int
  /// Milliseconds between two signs of life on an event stream.
  package let heartbeatMs: Int?
  /// The generation that the session stays on; `nil` before the first, and once it is not kept any more.
  package let generation: GenerationRecord?
  package let revisions: Revisions
  /// For a same-machine client alone: the folders that stand in for those of the project.
  package let folders: ClientFolders?
  /// Where a client takes its components and plug-ins from.
  package let components: ComponentSource
  /// With development mode asked for and not yet proven: the file to create.
  package let challenge: DevelopmentChallenge?

  package init(
    id: String,
    api: Int,
    token: String?,
    mode: ClientMode,
    userName: String,
    heartbeatMs: Int?,
    generation: GenerationRecord?,
    revisions: Revisions,
    folders: ClientFolders?,
    components: ComponentSource,
    challenge: DevelopmentChallenge?
  ) {
    self.id = id
    self.api = api
    self.token = token
    self.mode = mode
    self.userName = userName
    graceSeconds = Self.graceSeconds
    self.heartbeatMs = heartbeatMs
    self.generation = generation
    self.revisions = revisions
    self.folders = folders
    self.components = components
    self.challenge = challenge
  }
}

/// The folders of the project system folder that a same-machine 4D works in (4d-domain §4).
package struct ClientFolders: Hashable, Sendable, Codable {
  /// The project's own folder: the same-machine client opens it, not a bundle.
  package let project: String
  package let userPreferences: String
  package let derivedData: String

  package init(project: String, userPreferences: String, derivedData: String) {
    self.project = project
    self.userPreferences = userPreferences
    self.derivedData = derivedData
  }
}

/// Where a client takes components and plug-ins from (4d-domain §4.4).
package enum ComponentSource: String, Hashable, Sendable, Codable {
  /// A same-machine client uses its own.
  case own
  /// Others use the server's: `GET /v1/generations/current/inventory`.
  case server
}

/// The proof that a client can write the project folder: it creates the file and asks
/// `POST /v1/sessions/self/development`.
package struct DevelopmentChallenge: Hashable, Sendable, Codable {
  package static let lifeSeconds = 60

  /// Relative to the package root: `.syncd/` and a random name.
  package let file: String
  /// The content to write.
  package let nonce: String
  package let lifeSeconds: Int

  package init(file: String, nonce: String) {
    self.file = file
    self.nonce = nonce
    lifeSeconds = Self.lifeSeconds
  }
}
