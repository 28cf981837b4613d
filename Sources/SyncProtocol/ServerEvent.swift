package import ProjectModel

/// The position of an event in a server's stream: `(epoch, gen, n)`, written `E:G:N`.
///
/// Clients treat the text as opaque and send it back as `Last-Event-ID`.
package struct EventID: Hashable, Sendable {
  package let generation: GenerationID
  /// Counts the events of one server process.
  package let serial: UInt64

  package init(generation: GenerationID, serial: UInt64) {
    self.generation = generation
    self.serial = serial
  }

  /// Reads `E:G:N`; `nil` for anything else.
  package init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":"), let generation = GenerationID(text[..<colon]),
      let serial = UInt64(text[text.index(after: colon)...])
    else { return nil }
    self.init(generation: generation, serial: serial)
  }
}

extension EventID: CustomStringConvertible {
  package var description: String { "\(generation):\(serial)" }
}

/// The first event of every stream: the state that everything later changes.
package struct Ready: Hashable, Sendable, Codable {
  package let project: String
  /// By what the server is known again, whatever its address: a client does not mix two servers' projects.
  package let serverID: String
  package private(set) var state: ProjectStatus.State
  package private(set) var generation: GenerationRecord?
  package private(set) var revisions: Revisions

  package init(
    project: String,
    serverID: String,
    state: ProjectStatus.State,
    generation: GenerationRecord?,
    revisions: Revisions = Revisions()
  ) {
    self.project = project
    self.serverID = serverID
    self.state = state
    self.generation = generation
    self.revisions = revisions
  }
}

/// The notice: a new generation is published, reconnect to get it.
package struct ReconnectRequired: Hashable, Sendable, Codable {
  /// What kinds of files changed, and the first names.
  package struct Changed: Hashable, Sendable, Codable {
    package let methods: Int
    package let classes: Int
    package let forms: Int
    package let catalog: Int
    package let settings: Int
    package let others: Int
    /// The first changed paths: 20 at most, and fewer where the notice would be too long.
    package fileprivate(set) var names: [String]

    package var total: Int { methods + classes + forms + catalog + settings + others }

    package init(
      methods: Int,
      classes: Int,
      forms: Int,
      catalog: Int,
      settings: Int,
      others: Int,
      names: [String]
    ) {
      self.methods = methods
      self.classes = classes
      self.forms = forms
      self.catalog = catalog
      self.settings = settings
      self.others = others
      self.names = names
    }
  }

  /// So that a notice is one TCP segment, whatever the paths are.
  package static let mostBytes = 1_024

  /// As in hello: which project on which server the notice is about.
  package let serverID: String
  /// The epoch in hexadecimal.
  package let epoch: String
  package let gen: UInt64
  /// The generation before this one; a client on an older one may never have heard of it.
  package let supersedes: UInt64?
  package let digest: Digest
  /// Size of the bundle in bytes.
  package let size: UInt64
  package let members: Int
  /// Path of the bundle on this server.
  package let bundle: String
  package let builtAt: String
  package let reason: ReloadReason
  /// What the reload was asked for, in the words of who asked: a commit's id.
  package let cause: String?
  package private(set) var changed: Changed
  /// Those of the owned files; a changed catalog's own event brings it.
  package let revisions: Revisions
  /// The least version of the API that a client must speak to come back.
  package let apiMin: Int
  /// True when the catalog changed: an old client then works on another structure.
  package let required: Bool
  /// Unattended clients that fetch the whole bundle come back at a uniformly random moment within so
  /// many milliseconds.
  package let spreadMs: Int
  /// The same for clients that have the generation before and fetch the delta.
  package let deltaSpreadMs: Int

  package init(
    record: GenerationRecord,
    of serverID: String,
    supersedes: UInt64?,
    cause: String? = nil,
    changed: Changed,
    revisions: Revisions,
    spreadMs: Int,
    deltaSpreadMs: Int
  ) {
    self.serverID = serverID
    self.cause = cause
    apiMin = Hello.supportedAPI.min
    self.revisions =
      changed.catalog > 0 ? Revisions(catalog: nil, directory: revisions.directory) : revisions
    epoch = record.epoch
    gen = record.gen
    self.supersedes = supersedes
    digest = record.digest
    size = record.size
    members = record.members
    bundle = "\(Route.bundles)/\(record.digest)"
    builtAt = record.builtAt
    reason = record.reason
    self.changed = changed
    required = changed.catalog > 0
    self.spreadMs = spreadMs
    self.deltaSpreadMs = deltaSpreadMs
    self.changed.names = []
    self.changed.names = namesThatFit(changed.names)
  }

  /// As many of the names as there is room for.
  private func namesThatFit(_ names: [String]) -> [String] {
    guard var size = try? WireJSON.encode(self).count else { return [] }
    return Array(
      names.prefix { name in
        // With the comma.
        size += ((try? WireJSON.encode(name).count) ?? Self.mostBytes) + 1
        return size <= Self.mostBytes
      }
    )
  }

  package var record: GenerationRecord? {
    guard let epochNumber = UInt64(epoch, radix: 16) else { return nil }
    return GenerationRecord(
      id: GenerationID(epoch: epochNumber, gen: gen),
      digest: digest,
      size: size,
      members: members,
      reason: reason,
      changed: changed.total,
      builtAt: builtAt
    )
  }
}

/// A reload failed, or works again.
package struct BuildState: Hashable, Sendable, Codable {
  package let state: ProjectStatus.State
  package let problems: [Problem]

  package init(state: ProjectStatus.State, problems: [Problem]) {
    self.state = state
    self.problems = problems
  }
}

/// The server goes away; come back after the given time.
package struct Drain: Hashable, Sendable, Codable {
  package let reason: String
  package let reconnectAfterMs: Int
  package let spreadMs: Int

  package init(reason: String, reconnectAfterMs: Int, spreadMs: Int) {
    self.reason = reason
    self.reconnectAfterMs = reconnectAfterMs
    self.spreadMs = spreadMs
  }
}

/// The client's position cannot be resumed: forget it and take `ready` as the truth.
package struct Reset: Hashable, Sendable, Codable {
  /// `epoch-changed` or `unknown-position`.
  package let why: String

  package init(why: String) { self.why = why }
}

/// What the server pushes; clients ignore types that they do not know.
package enum ServerEvent: Hashable, Sendable {
  case ready(Ready)
  case reconnectRequired(ReconnectRequired)
  case build(BuildState)
  case catalog(RevisionChange)
  case directory(RevisionChange)
  /// The heartbeat: it carries the current id.
  case bookmark
  case drain(Drain)
  case reset(Reset)
  case message(OperatorMessage)
  case session(SessionEnded)
  /// The storage of the client's session has changed.
  case storage(SessionChange)
  /// What the client's session may do in web requests has changed.
  case privileges(SessionChange)

  /// The `event:` field of the stream.
  package var name: String {
    switch self {
    case .ready: "ready"
    case .reconnectRequired: "reconnect-required"
    case .build: "build"
    case .catalog: "catalog"
    case .directory: "directory"
    case .bookmark: "bookmark"
    case .drain: "drain"
    case .reset: "reset"
    case .message: "message"
    case .session: "session"
    case .storage: "storage"
    case .privileges: "privileges"
    }
  }

  /// The one client that the event is for; `nil` for an event for everybody.
  package var recipient: String? {
    switch self {
    case .message(let message): message.to
    case .session(let end): end.to
    case .storage(let change), .privileges(let change): change.to
    default: nil
    }
  }
}

extension Ready {
  /// Goes from the state before an event to the one after it.
  package mutating func apply(_ event: ServerEvent) {
    switch event {
    case .ready(let state): self = state
    case .reconnectRequired(let notice):
      state = .serving
      generation = notice.record ?? generation
    case .build(let build): state = build.state
    case .catalog(let change): revisions.catalog = change.revision
    case .directory(let change): revisions.directory = change.revision
    case .drain: state = .draining
    case .bookmark, .reset, .message, .session, .storage, .privileges: break
    }
  }
}
