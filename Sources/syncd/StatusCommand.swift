import ArgumentParser
import Console
import Foundation
import ProjectHost
import ProjectModel
import SyncClient
import SyncProtocol

/// `syncd status`: how the server of a project is doing.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how the running server is doing."
  )

  @OptionGroup var project: ProjectArguments

  @Flag(help: "Show it again after each event, until interrupted.")
  var watch = false

  @Flag(help: "Print it as JSON, one line each time.")
  var json = false

  func run() async throws {
    let connection = try project.connection()
    try show(try await connection.status())
    guard watch else { return }
    try await connection.events { event in
      guard event != .bookmark else { return }
      try show(try await connection.status())
    }
  }

  private func show(_ status: ProjectStatus) throws {
    if json { return try Terminal.say(json: status) }
    let generation = status.generation.map {
      "\($0.id), \(Terminal.count($0.members, "member")), \(Terminal.size($0.size)), "
        + "\($0.reason.rawValue), \($0.builtAt)"
    }
    let rows = [
      ("project", "\(status.project) (\(status.root))"),
      ("state", status.state.rawValue),
      ("generation", generation ?? "none yet"),
      ("digest", status.generation?.digest.hex ?? "none yet"),
      ("listening", status.listening.joined(separator: ", ")),
      ("clients", "\(status.clients)"),
      (
        "watching",
        "\(Terminal.count(status.watching.directories, "folder")) by \(status.watching.mode), "
          + Terminal.count(status.watching.overflows, "overflow")
      ),
      ("server", "syncd \(status.version), pid \(status.pid), up \(Self.time(status.uptime))"),
    ]
    for (name, value) in rows {
      Terminal.say(name.padding(toLength: 12, withPad: " ", startingAt: 0) + value)
    }
    for problem in status.problems { Terminal.say(Terminal.line(for: problem)) }
    for warning in status.watching.warnings { Terminal.say("warning: \(warning)") }
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int(seconds)
    return whole < 60
      ? "\(whole) s"
      : whole < 3_600 ? "\(whole / 60) min" : "\(whole / 3_600) h \(whole % 3_600 / 60) min"
  }
}
