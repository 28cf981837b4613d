/// A client that is connected, as `GET /v1/clients` lists it.
package struct ConnectedClient: Hashable, Sendable, Codable {
  /// The id of its session; of an event stream without one, a name of the server's.
  package let id: String
  /// The user of its session; `nil` for an event stream without one.
  package let userName: String?
  package let machineName: String?
  package let systemUserName: String?
  /// The client program, as it names itself.
  package let client: String?
  package let mode: ClientMode?
  /// The generation, `E:G`, that the session was opened with and stays on.
  package let generation: String?
  /// When the session was opened, or the stream.
  package let since: String
  package let connections: [ClientConnection]

  package init(
    id: String,
    userName: String? = nil,
    machineName: String? = nil,
    systemUserName: String? = nil,
    client: String? = nil,
    mode: ClientMode? = nil,
    generation: String? = nil,
    since: String,
    connections: [ClientConnection]
  ) {
    self.id = id
    self.userName = userName
    self.machineName = machineName
    self.systemUserName = systemUserName
    self.client = client
    self.mode = mode
    self.generation = generation
    self.since = since
    self.connections = connections
  }
}

/// An open event stream of a client.
package struct ClientConnection: Hashable, Sendable, Codable {
  package enum Transport: String, Hashable, Sendable, Codable {
    case serverSentEvents = "sse"
    case webSocket = "websocket"
  }

  package let transport: Transport
  /// The address that it comes from; `socket` for the unix socket.
  package let address: String
  package let since: String

  package init(transport: Transport, address: String, since: String) {
    self.transport = transport
    self.address = address
    self.since = since
  }
}

/// What `GET /v1/clients` answers.
package struct ClientList: Hashable, Sendable, Codable {
  package let clients: [ConnectedClient]
  /// Whether new clients are let in.
  package let acceptsNew: Bool

  package init(clients: [ConnectedClient], acceptsNew: Bool) {
    self.clients = clients
    self.acceptsNew = acceptsNew
  }
}

/// The body of `POST /v1/clients/messages`.
package struct ClientMessageRequest: Hashable, Sendable, Codable {
  /// UTF-8 bytes.
  package static let longestText = 4_096

  package let text: String
  /// The id of one client; everybody when left out.
  package let to: String?

  package init(text: String, to: String? = nil) {
    self.text = text
    self.to = to
  }
}

/// The body of `PUT /v1/clients/admission`, and its answer.
package struct ClientAdmission: Hashable, Sendable, Codable {
  package let acceptsNew: Bool

  package init(acceptsNew: Bool) { self.acceptsNew = acceptsNew }
}

/// A message from who runs the server to the people who work with it.
package struct OperatorMessage: Hashable, Sendable, Codable {
  package let text: String
  package let at: String
  /// The id of the one client that it is for.
  package let to: String?

  package init(text: String, at: String, to: String?) {
    self.text = text
    self.at = at
    self.to = to
  }
}

/// A client's session has other privileges, or its storage another content.
package struct SessionChange: Hashable, Sendable, Codable {
  /// Of the storage, as its `ETag`.
  package let revision: UInt64?
  package let to: String

  package init(revision: UInt64? = nil, to: String) {
    self.revision = revision
    self.to = to
  }
}

/// The server ends a client's session, or its stream where it has none; the last event before that.
package struct SessionEnded: Hashable, Sendable, Codable {
  package enum Why: String, Hashable, Sendable, Codable {
    /// Who runs the server dropped the client.
    case dropped
  }

  package let state: Why
  package let to: String

  package init(_ state: Why, to: String) {
    self.state = state
    self.to = to
  }
}
