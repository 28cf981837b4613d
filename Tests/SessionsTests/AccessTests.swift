import ProjectModel
import Sessions
import Testing

/// Every member, of every kind of session, from every kind of caller, with both semantics.
@Suite struct SessionAccessTests {
  enum Who: CaseIterable {
    case server, ownHook, otherHook, owner, otherClient, ownPage, otherPage, nobody
  }

  private static let everywhere: Set<SessionMember> = [
    .clearPrivileges, .getPrivileges, .hasPrivilege, .id, .info, .isGuest, .setPrivileges, .storage,
    .changeStorage, .userName,
  ]

  /// 4d-domain §9.2, the columns of the kinds.
  private static func members(of kind: SessionKind) -> Set<SessionMember> {
    switch kind {
    case .storedProcedure: everywhere
    case .remote, .standalone: everywhere.union([.createOTP, .promote, .demote])
    case .web:
      everywhere.union([
        .createOTP, .promote, .demote, .expirationDate, .idleTimeout, .setIdleTimeout, .restore,
      ])
    }
  }

  private static func expected(
    _ who: Who,
    _ kind: SessionKind,
    _ semantics: SessionSemantics
  ) -> Set<SessionMember> {
    switch who {
    case .server, .ownHook: return members(of: kind)
    case .otherHook: return [.info, .storage, .changeStorage]
    case .otherClient, .otherPage, .nobody: return []
    case .owner:
      guard semantics == .v21R3 else { return [.id, .info, .userName] }
      let client: Set<SessionMember> = [
        .createOTP, .getPrivileges, .hasPrivilege, .id, .info, .isGuest, .storage, .changeStorage,
        .userName,
      ]
      return client.intersection(members(of: kind))
    case .ownPage:
      let page: Set<SessionMember> = [
        .expirationDate, .getPrivileges, .hasPrivilege, .id, .idleTimeout, .info, .isGuest,
        .storage, .userName,
      ]
      // A page changes over to a passcode's session from whichever session it is in.
      return page.intersection(members(of: kind)).union([.restore])
    }
  }

  @Test(arguments: SessionKind.allCases, SessionSemantics.allCases)
  func everyMemberForEveryCaller(kind: SessionKind, semantics: SessionSemantics) {
    let access = SessionAccess(semantics: semantics)
    let bits = SeededBits()
    let (own, other) = (SessionID(bits.bits()), SessionID(bits.bits()))
    for who in Who.allCases {
      let caller: SessionCaller =
        switch who {
        case .server: .server
        case .ownHook: .hook(own)
        case .otherHook: .hook(other)
        case .owner: .remote(own)
        case .otherClient: .remote(other)
        case .ownPage: .web(own)
        case .otherPage: .web(other)
        case .nobody: .anonymous
        }
      let allowed = SessionMember.allCases.filter {
        access.refusal(of: $0, session: own, kind: kind, caller: caller) == nil
      }
      #expect(Set(allowed) == Self.expected(who, kind, semantics), "\(who)")
    }
  }

  /// The functions ask the table: each one, as each caller.
  @Test(arguments: SessionSemantics.allCases)
  func everyFunctionAsksFirst(semantics: SessionSemantics) async throws {
    let bench = Bench(semantics)
    bench.readRoles()
    let sessions = bench.sessions
    let remote = try bench.client().id
    let web = try sessions.openWeb(address: "10.0.0.9")
    let alone = sessions.openStandalone(
      ServerIdentity(userName: "designer", machineName: "m", systemUserName: "s")
    )
    let all: [(SessionID, SessionKind)] = [
      (remote, .remote), (web.visit.session, .web), (alone, .standalone),
      (sessions.storedProcedures, .storedProcedure),
    ]
    for (id, kind) in all {
      let process = try sessions.beginProcess(of: id, .script, name: "t")
      for caller in [
        .server, .hook(id), .hook(web.visit.session), .remote(id), .remote(alone), .web(id),
        .anonymous,
      ] as [SessionCaller] {
        for member in SessionMember.allCases {
          let refusal = sessions.access.refusal(
            of: member,
            session: id,
            kind: kind,
            caller: caller
          )
          let outcome = await Self.call(member, sessions, id, process, caller)
          #expect(outcome == refusal, "\(member) of \(kind) for \(caller)")
        }
      }
    }
  }

  private static func call(
    _ member: SessionMember,
    _ sessions: OpenSessions,
    _ id: SessionID,
    _ process: ProcessReference,
    _ caller: SessionCaller
  ) async -> SessionRefusal? {
    do {
      switch member {
      case .clearPrivileges: try sessions.clearPrivileges(of: id, for: caller)
      case .createOTP:
        let passcode = try await sessions.createOTP(of: id, life: 1, for: caller)
        _ = try await sessions.redeem(passcode, cookie: nil, address: "a")
      case .demote: try sessions.demote(1, process: process.number, of: id, for: caller)
      case .expirationDate: _ = try sessions.expirationDate(of: id, for: caller)
      case .getPrivileges: _ = try sessions.privileges(of: id, for: caller)
      case .hasPrivilege: _ = try sessions.hasPrivilege("simple", of: id, for: caller)
      case .id: try sessions.check(.id, of: id, for: caller)
      case .idleTimeout: _ = try sessions.idleTimeout(of: id, for: caller)
      case .setIdleTimeout: try sessions.setIdleTimeout(90, of: id, for: caller)
      case .info: _ = try sessions.info(of: id, for: caller)
      case .isGuest: _ = try sessions.isGuest(id, for: caller)
      case .promote:
        _ = try sessions.promote("simple", process: process.number, of: id, for: caller)
      case .quotas, .restore: try sessions.check(member, of: id, for: caller)
      case .setPrivileges:
        try sessions.setPrivileges(PrivilegeOrder(privileges: ["simple"]), of: id, for: caller)
      case .storage: _ = try sessions.storage(of: id, for: caller)
      case .changeStorage:
        try sessions.patchStorage(of: id, with: .object(JSONObject()), for: caller)
      case .userName: _ = try sessions.userName(of: id, for: caller)
      }
      return nil
    } catch {
      return error as? SessionRefusal
    }
  }

  @Test func aStrangerDoesNotLearnWhichSessionsThereAre() throws {
    let bench = Bench()
    let (ann, bob) = (try bench.client("ann").id, try bench.client("bob").id)
    let none = SessionID(bench.random.bits())
    for id in [bob, none] {
      #expect(throws: SessionRefusal.unknownSession) {
        try bench.sessions.info(of: id, for: .remote(ann))
      }
    }
    #expect(throws: SessionRefusal.serverSideOnly(.info)) {
      try bench.sessions.activity(for: .remote(ann))
    }
  }
}
