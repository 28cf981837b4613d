import ArgumentParser
import Console
import Foundation
import ProjectHost
import SyncClient
import SyncProtocol

/// `syncd reload`: one reload that holds everything written before.
struct ReloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Has the running server reload the project, and waits for the result."
  )

  @OptionGroup var project: ProjectArguments

  @Option(
    help: ArgumentHelp("Seconds to wait; the reload goes on after that.", valueName: "seconds")
  )
  var deadline = 60.0

  @Option(help: "command, git-hook or focus: what the generation is said to be caused by.")
  var reason = ReloadReason.command

  @Option(
    help: ArgumentHelp(
      "What the notice says that the reload was asked for: the id of a commit.",
      valueName: "text"
    )
  )
  var cause: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  func validate() throws {
    guard (0.001...600).contains(deadline) else {
      throw ValidationError("--deadline is between 0.001 and 600 seconds.")
    }
    guard [.command, .gitHook, .focus].contains(reason) else {
      throw ValidationError("--reason is command, git-hook or focus.")
    }
  }

  func run() async throws {
    let result = try await project.connection().reload(
      ReloadRequest(reason: reason, cause: cause, deadlineMs: Int(deadline * 1_000))
    )
    if json {
      try Terminal.say(json: result)
    } else {
      report(result)
    }
    if result.outcome == .failed { throw ExitStatus.leave(.failed) }
  }

  /// What the generation brought that the watcher, say, was quicker to publish.
  private static func origin(_ record: GenerationRecord?) -> String {
    guard let record else { return "" }
    let members = Terminal.count(record.changed, "member")
    guard
      let built = try? Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        .parse(record.builtAt)
    else { return ": \(members) changed" }
    let ago = Terminal.time(milliseconds: max(0, Date.now.timeIntervalSince(built) * 1_000))
    return ": \(members) changed, published \(ago) ago (\(record.reason.rawValue))"
  }

  private func report(_ result: ReloadResult) {
    let took = Terminal.time(milliseconds: result.tookMs)
    let generation = result.generation?.id ?? "none"
    switch result.outcome {
    case .published:
      Terminal.say(
        "generation \(generation) published: "
          + "\(Terminal.count(result.changed, "member")) changed, \(took)"
      )
    case .unchanged:
      Terminal.say("generation \(generation) is current\(Self.origin(result.generation)), \(took)")
    case .pending:
      Terminal.say("the reload goes on after \(took); generation \(generation) is current")
    case .failed:
      Terminal.complain("the reload failed; generation \(generation) stays, \(took)")
    }
    for problem in result.problems { Terminal.writeError(Terminal.line(for: problem) + "\n") }
  }
}

extension ReloadReason: ExpressibleByArgument {}
