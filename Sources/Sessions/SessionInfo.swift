/// What `info` says of a session, with 4D's own names (4d-domain §9.3).
package struct SessionInfo: Hashable, Sendable, Codable {
  package let type: String
  package let userName: String
  package let machineName: String
  package let systemUserName: String
  package let address: String
  package let hostType: String?
  package let creationDateTime: String
  package let state: String
  package let id: String
  /// Of remote sessions alone.
  package let persistentID: String?
  /// Seconds since the last contact; there only while the client cannot be reached.
  package let unreachableSince: Int?

  private enum CodingKeys: String, CodingKey {
    case type, userName, machineName, systemUserName
    case address = "IPAddress"
    case hostType, creationDateTime, state
    case id = "ID"
    case persistentID, unreachableSince
  }

  init(_ session: OpenSession, _ semantics: SessionSemantics, state: SessionState, silence: Int?) {
    type = session.kind.rawValue
    userName = session.userName
    machineName = session.machineName
    systemUserName = session.systemUserName
    address = session.kind == .standalone ? "localhost" : session.address
    // 4D says `browser` from 21 R3 on, and nothing before.
    hostType = session.kind == .web ? (semantics == .v21R3 ? "browser" : nil) : session.hostType
    creationDateTime = session.since
    self.state = state.rawValue
    id = session.id.text
    persistentID = session.kind == .remote ? session.persistentID : nil
    unreachableSince = silence
  }
}
