import Console
import Foundation
import SyncProtocol

/// What a client says of itself, and what it asks; what it does with its server is told by
/// `FollowReport`.
struct ClientReport: Sendable {
  let json: Bool
  let bar = ProgressBar("receiving the update")

  /// Whether somebody can be asked.
  static var isWatched: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  private struct Line: Encodable {
    let step: String
    let detail: String
    var version: Int?
  }

  func say(_ step: String, _ text: String, version: Int? = nil) {
    bar.finish()
    if json {
      try? Terminal.say(json: Line(step: step, detail: text, version: version))
    } else {
      Terminal.say(text)
    }
  }

  func pinned(_ fingerprint: String, of server: ServerAddress) {
    say(
      "pinned",
      "\(server) is not vouched for by an authority; its key \(fingerprint) is pinned now. Compare "
        + "it with what the server printed."
    )
  }

  /// Asks on the terminal; `nil` when there is no answer.
  func ask(_ question: String) -> String? {
    Terminal.writeError("\(question): ")
    guard let answer = readLine() else {
      // The terminal is still on the question's line.
      Terminal.writeError("\n")
      return nil
    }
    return String(answer.drop(while: \.isWhitespace))
  }
}
