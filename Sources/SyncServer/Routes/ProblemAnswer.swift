import Foundation
import SyncProtocol

/// A problem as the body of an answer.
struct ProblemAnswer {
  let body: Data

  init(_ problem: ProblemDetails) {
    // Strings and a number always encode; an empty body beside the status is the honest rest.
    body = (try? WireJSON.encode(problem)) ?? Data()
  }
}
