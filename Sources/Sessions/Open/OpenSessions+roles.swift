package import ProjectModel

/// The privileges that `roles.json` declares, from one reload to the next.
extension OpenSessions {
  /// How often it is looked for sessions whose privileges have changed meanwhile, before the rest is
  /// done in one step with the others waiting.
  private static let mostRounds = 4

  package var roles: RolesInForce { step { $0.table.roles } }

  /// Takes over the project's `roles.json`, at its start and after each reload, and tells the
  /// sessions that may do something else then.
  ///
  /// The file is read, and what it changes for whom is found out, while the others go on. The
  /// sessions' own steps are short.
  ///
  /// - Parameter file: its bytes; `nil` when there is none.
  /// - Returns: what is in force now, and what is wrong with the file.
  @discardableResult
  package func readRoles(_ file: [UInt8]?) -> RolesInForce {
    while true {
      let before = roles
      var after = before
      after.read(file)
      // What was read meanwhile may be what stays in force if this file is broken.
      guard let changed = replace(before, with: after) else { continue }
      for session in changed { tell(.privilegesChanged(session)) }
      return after
    }
  }

  private enum Replacement {
    /// Other roles are in force than those that were to be replaced.
    case outdated
    /// It is not known yet whether it concerns these.
    case open([RightsHolder])
    case done([SessionID])
  }

  /// - Returns: the sessions that may do something else now; `nil` when nothing was done, since
  ///   somebody else has replaced the roles.
  private func replace(_ before: RolesInForce, with after: RolesInForce) -> [SessionID]? {
    var change = RightsChange(from: before.roles, to: after.roles)
    for round in 1...Self.mostRounds {
      let replacement = step { state -> Replacement in
        guard state.table.roles == before else { return .outdated }
        if round < Self.mostRounds, !change.isEmpty {
          let open = state.table.rightsHolders.filter { !change.knows($0) }
          guard open.isEmpty else { return .open(Array(open)) }
        }
        return .done(state.table.replaceRoles(with: after, &change))
      }
      switch replacement {
      case .outdated: return nil
      case .open(let holders): for holder in holders { _ = change.concerns(holder) }
      case .done(let changed): return changed
      }
    }
    return nil
  }
}
