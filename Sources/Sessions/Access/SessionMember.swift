/// A property or function of 4D's Session class (4d-domain §9.2); writing is a member of its own.
package enum SessionMember: String, Hashable, Sendable, CaseIterable {
  case clearPrivileges
  case createOTP
  case demote
  case expirationDate
  case getPrivileges
  case hasPrivilege
  case id
  case idleTimeout
  case setIdleTimeout
  case info
  case isGuest
  case promote
  /// 4D has it from 21 R4 on, for REST alone: nobody has it here.
  case quotas
  case restore
  case setPrivileges
  case storage
  case changeStorage
  case userName

  /// Whether a session of this kind has the member.
  ///
  /// The session of all server-side work makes no passcodes: one would give a browser the storage
  /// that every hook shares. 4D does not say (4d-domain §9.2).
  package func isAvailable(in kind: SessionKind) -> Bool {
    switch self {
    case .quotas: false
    case .expirationDate, .idleTimeout, .setIdleTimeout, .restore: kind == .web
    case .createOTP, .promote, .demote: kind != .storedProcedure
    default: true
    }
  }
}
