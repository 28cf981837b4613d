import SyncProtocol

/// Who may use a resource; every resource names one of these and nothing decides beside it.
enum Access: String, Hashable, Sendable, CaseIterable {
  case everyone
  /// Bundles and events: everyone, until the Designer has a password; then those with a session.
  case clients
  /// Whoever has a session.
  case session
  /// What sessions have and do: the same machine, hooks, and sessions for themselves as
  /// `SessionAccess` lets them.
  case sessionMembers
  /// What server-side code does with the processes of sessions.
  case serverSide
  /// Reload and status.
  case operators
  /// The save-all.
  case saveAll
  /// Owned files and locks.
  case development
  case sameMachine

  /// The grades that are let in.
  func admits(isProtected: Bool) -> Set<CallerGrade> {
    switch self {
    case .everyone: Set(CallerGrade.allCases)
    case .clients:
      isProtected ? [.sameMachine, .hook, .development, .remote] : Set(CallerGrade.allCases)
    case .session: [.development, .remote]
    case .sessionMembers: [.sameMachine, .hook, .development, .remote]
    case .serverSide: [.sameMachine, .hook]
    case .operators: [.sameMachine, .socketGroup]
    case .saveAll: [.sameMachine, .socketGroup, .development]
    case .development: [.sameMachine, .development]
    case .sameMachine: [.sameMachine]
    }
  }

  /// Why a caller with none of the admitted grades is refused.
  func refusal(of caller: Caller, path: String, isWrite: Bool) -> ProblemDetails {
    switch self {
    case .everyone, .operators, .sameMachine, .serverSide:
      return ProblemDetails(
        .sameMachineOnly,
        detail: "\(path) answers the server's own machine and account alone: "
          + "ask on its unix socket, or prove it on this connection."
      )
    case .clients, .session, .sessionMembers:
      return ProblemDetails(
        .authenticationRequired,
        detail: "\(path) needs a session: open one with POST \(Route.sessions)."
      )
    case .saveAll, .development:
      guard caller.session != nil else {
        return ProblemDetails(
          .authenticationRequired,
          detail: "\(path) needs a session in development mode: "
            + "open one with POST \(Route.sessions)."
        )
      }
      guard isWrite else {
        return ProblemDetails(
          .developmentModeRefused,
          detail: "\(path) is for sessions in development mode, and this one is not."
        )
      }
      return ProblemDetails(
        .readOnly,
        detail: "This session only reads: \(path) needs the development mode."
      )
    }
  }
}
