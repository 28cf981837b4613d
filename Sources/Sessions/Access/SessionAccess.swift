/// Who may call what of which session: the one place where that is decided.
///
/// What changes a session is for server-side callers. A remote client reads its own `info`; with
/// the semantics of 21 R3 it has its own storage too, reads its privileges and may create a
/// passcode. A web request reads the session that it is in.
package struct SessionAccess: Hashable, Sendable {
  package let semantics: SessionSemantics

  package init(semantics: SessionSemantics) { self.semantics = semantics }

  private static let readByHooks: Set<SessionMember> = [.info, .storage, .changeStorage]
  private static let readByRemotes: Set<SessionMember> = [.id, .info, .userName]
  private static let addedIn21R3: Set<SessionMember> = [
    .createOTP, .getPrivileges, .hasPrivilege, .isGuest, .storage, .changeStorage,
  ]
  private static let readByWeb: Set<SessionMember> = [
    .expirationDate, .getPrivileges, .hasPrivilege, .id, .idleTimeout, .info, .isGuest, .storage,
    .userName, .restore,
  ]

  /// Why a caller may not use a member of a session; `nil` when it may.
  ///
  /// Whoever is no server-side caller does not learn which other sessions there are.
  package func refusal(
    of member: SessionMember,
    session: SessionID,
    kind: SessionKind,
    caller: SessionCaller
  ) -> SessionRefusal? {
    let permitted: Set<SessionMember>
    switch caller {
    case .server: permitted = Set(SessionMember.allCases)
    case .hook(let own):
      // Any server-side code reaches the storage and the info of any session (4d-domain §9.4).
      permitted = own == session ? Set(SessionMember.allCases) : Self.readByHooks
    case .remote(let own):
      guard own == session else { return .unknownSession }
      permitted =
        semantics == .v21 ? Self.readByRemotes : Self.readByRemotes.union(Self.addedIn21R3)
    case .web(let own):
      guard own == session else { return .unknownSession }
      permitted = Self.readByWeb
    case .anonymous: return .unknownSession
    }
    guard permitted.contains(member) else { return .serverSideOnly(member) }
    // A browser changes over to another session from whichever it is in.
    if case .web = caller, member == .restore { return nil }
    return member.isAvailable(in: kind) ? nil : .notAvailable(member, kind)
  }

  /// Which of a session's storages a caller means.
  package func storageSide(for caller: SessionCaller) -> StorageSide {
    if case .remote = caller { .client } else { .server }
  }
}
