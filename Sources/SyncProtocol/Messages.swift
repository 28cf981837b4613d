package import ProjectModel

/// What `GET /v1/hello` answers: who is there, before any proof, and nothing secret.
package struct Hello: Hashable, Sendable, Codable {
  package struct APIRange: Hashable, Sendable, Codable {
    package let min: Int
    package let max: Int

    package init(min: Int, max: Int) {
      self.min = min
      self.max = max
    }

    /// Why a client with these versions cannot work with a server of this range, to stand behind the
    /// server's name; `nil` when both know one.
    package func refusal(of client: APIRange) -> String? {
      guard client.max < min || max < client.min else { return nil }
      return "speaks \(words) of the API, and this client \(client.words): "
        + "use a newer \(client.max < min ? "client" : "server")."
    }

    private var words: String { min == max ? "version \(min)" : "versions \(min) to \(max)" }
  }

  /// What requests may have, in bytes where nothing else is said.
  package struct Limits: Hashable, Sendable, Codable {
    /// All fields of a request together.
    package let head: Int
    /// A body, but for the next two.
    package let body: Int
    /// The body of a save-all.
    package let barrierBody: Int
    /// The body of an edit of the catalog or the directory.
    package let editBody: Int
    /// Requests of one session that are answered at once, event streams not counted.
    package let requests: Int
    /// Bundles and deltas that one session downloads at once.
    package let downloads: Int

    package init(
      head: Int,
      body: Int,
      barrierBody: Int,
      editBody: Int,
      requests: Int,
      downloads: Int
    ) {
      self.head = head
      self.body = body
      self.barrierBody = barrierBody
      self.editBody = editBody
      self.requests = requests
      self.downloads = downloads
    }
  }

  /// What a client may have to show before it gets a session.
  package enum Proof: String, Hashable, Sendable, Codable {
    /// That it is the application's own client.
    case pairing
    /// A user of the directory, and his password; not on the server's own machine.
    case password
  }

  package static let product = "syncd"
  package static let supportedAPI = APIRange(min: 1, max: 1)

  package let product: String
  package let version: String
  package let api: APIRange
  /// Random, and the same after a restart, a move or a change of name.
  package let serverID: String
  package let project: String
  /// `nil` until the first generation is published.
  package let epoch: String?
  package let gen: UInt64?
  package let features: [String]
  /// None while everybody is let in.
  package let auth: [Proof]?
  package let limits: Limits?
  /// The merged application whose own clients alone get in; `nil` where everybody's do.
  package let application: String?

  package init(
    version: String,
    serverID: String,
    project: String,
    epoch: String?,
    gen: UInt64?,
    features: [String],
    auth: [Proof]? = nil,
    limits: Limits? = nil,
    application: String? = nil
  ) {
    self.auth = auth
    self.limits = limits
    self.application = application
    product = Self.product
    self.version = version
    api = Self.supportedAPI
    self.serverID = serverID
    self.project = project
    self.epoch = epoch
    self.gen = gen
    self.features = features
  }
}

/// The body of `POST /v1/reload`; every field may be left out.
package struct ReloadRequest: Hashable, Sendable, Codable {
  /// `command`, `git-hook` or `focus`; `command` when left out.
  package let reason: ReloadReason?
  /// What the notice says it was asked for, at most 64 characters: the id of a commit.
  package let cause: String?
  /// Milliseconds to wait for the result; 60,000 when left out.
  package let deadlineMs: Int?

  package static let defaultDeadlineMs = 60_000

  package init(reason: ReloadReason? = nil, cause: String? = nil, deadlineMs: Int? = nil) {
    self.reason = reason
    self.cause = cause
    self.deadlineMs = deadlineMs
  }
}

/// How a reload ended.
package struct ReloadResult: Hashable, Sendable, Codable {
  package enum Outcome: String, Hashable, Sendable, Codable {
    /// A new generation is published and servable, its number durable.
    case published
    /// The project has the same digest as before: same generation, no event.
    case unchanged
    /// The last good generation stays; `problems` say why.
    case failed
    /// The deadline passed first; the reload goes on.
    case pending
  }

  package let outcome: Outcome
  /// The current generation after the reload; `nil` while there was never a good one.
  package let generation: GenerationRecord?
  /// Number of members added, replaced or removed.
  package let changed: Int
  package let problems: [Problem]
  /// Milliseconds from the request to the answer.
  package let tookMs: Double

  package init(
    outcome: Outcome,
    generation: GenerationRecord?,
    changed: Int,
    problems: [Problem],
    tookMs: Double
  ) {
    self.outcome = outcome
    self.generation = generation
    self.changed = changed
    self.problems = problems
    self.tookMs = tookMs
  }
}

/// What `GET /v1/status` answers.
package struct ProjectStatus: Hashable, Sendable, Codable {
  package enum State: String, Hashable, Sendable, Codable {
    case loading
    case serving
    /// The last reload failed; the last good generation is served.
    case degraded
    case draining
  }

  /// The watcher's side of the status.
  package struct Watching: Hashable, Sendable, Codable {
    /// `events` or `polling`.
    package let mode: String
    package let directories: Int
    package let overflows: Int
    /// Sentences, each with what, where and remedy.
    package let warnings: [String]

    package init(mode: String, directories: Int, overflows: Int, warnings: [String]) {
      self.mode = mode
      self.directories = directories
      self.overflows = overflows
      self.warnings = warnings
    }
  }

  package let project: String
  package let root: String
  package let pid: Int32
  package let version: String
  package let state: State
  /// `HOST:PORT` of each TCP listener.
  package let listening: [String]
  package let generation: GenerationRecord?
  package let problems: [Problem]
  package let watching: Watching
  /// Number of connected event streams.
  package let clients: Int
  /// Seconds since the server started.
  package let uptime: Double

  package init(
    project: String,
    root: String,
    pid: Int32,
    version: String,
    state: State,
    listening: [String],
    generation: GenerationRecord?,
    problems: [Problem],
    watching: Watching,
    clients: Int,
    uptime: Double
  ) {
    self.project = project
    self.root = root
    self.pid = pid
    self.version = version
    self.state = state
    self.listening = listening
    self.generation = generation
    self.problems = problems
    self.watching = watching
    self.clients = clients
    self.uptime = uptime
  }
}
