import ProjectModel
import SyncProtocol

extension ProcessRequest {
  private static let longestName = 255

  /// Refuses a name that is none; `what` has it.
  ///
  /// - Throws: `bad-request`.
  func checkName(of what: String) throws(ProblemDetails) {
    guard (1...Self.longestName).contains(name.utf8.count), !name.hasControls else {
      throw ProblemDetails(
        .badRequest,
        detail:
          "A \(what)'s name has from 1 to \(Self.longestName) bytes and no control characters."
      )
    }
  }
}
