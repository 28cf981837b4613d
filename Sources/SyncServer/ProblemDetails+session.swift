import Sessions
import SyncProtocol

extension ProblemDetails {
  /// What a refusal of the sessions is over HTTP.
  init(_ refusal: SessionRefusal) {
    self.init(Self.type(of: refusal), detail: refusal.text)
    switch refusal {
    case .revisionMismatch(let current): revision = "\(current)"
    case .tooManyAttempts(let wait): retryAfter = max(1, Int((wait / .seconds(1)).rounded(.up)))
    case .tooManySessions, .noSeat: retryAfter = 60
    case .tooManyPasscodes: retryAfter = 10
    case .tooManyWaiting, .inUse, .storagesFull: retryAfter = 1
    default: break
    }
  }

  private static func type(of refusal: SessionRefusal) -> ProblemType {
    switch refusal {
    case .unknownSession, .unknownProcess: .notFound
    case .serverSideOnly: .sameMachineOnly
    case .notAvailable, .notAScript, .rolesClosed, .leaseOver: .conflict
    case .noSeat: .noSeat
    case .tooManySessions, .tooManyProcesses, .tooManyWaiting, .tooManyPasscodes, .tooManyAttempts,
      .storagesFull:
      .tooMany
    case .revisionMismatch: .revisionMismatch
    case .inUse: .locked
    case .storageTooLarge: .tooLarge
    case .storageNotAnObject, .storageTooDeep: .semanticInvalid
    case .leaseTime, .passcodeLife: .badRequest
    }
  }
}
