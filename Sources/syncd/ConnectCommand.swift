import ArgumentParser
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// `syncd connect`: a remote client without 4D.
struct ConnectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connect",
    abstract: "Fetches a server's .4dz, and keeps it current."
  )

  @Argument(help: ArgumentHelp("\(ServerArguments.help)", valueName: "server"))
  var server: String

  @Option(
    help: ArgumentHelp("What to call the project in the list of recents.", valueName: "label")
  )
  var name: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The .4dz to keep.", valueName: "file"))
  var output: String

  @OptionGroup var trust: TrustArguments

  @OptionGroup var login: LoginArguments

  @Option(
    help: ArgumentHelp(
      "Work in development mode: the project folder as this machine has it, with the right to write "
        + "there. Needs a user of the design access group.",
      valueName: "folder"
    )
  )
  var development: String?

  @Option(
    help: ArgumentHelp(
      "A shell command to run after each new file; SYNCD_FILE, SYNCD_GENERATION and SYNCD_DIGEST "
        + "say which.",
      valueName: "command"
    )
  )
  var exec: String?

  @Flag(help: "Stay, print each notice and fetch each new generation, until interrupted.")
  var follow = false

  @Flag(help: "Print each step as one line of JSON.")
  var json = false

  func validate() throws {
    try ServerArguments.check(server)
    guard development == nil || follow else {
      throw ValidationError("--development is for a client that stays: add --follow.")
    }
  }

  func run() async throws {
    let lookups = trust.lookups
    let target = try await ServerArguments.resolve(server, with: lookups)
    let report = StepReport(output: output, address: target.address, json: json)
    let connection = try trust.connection(to: target) { report.show(pinned: $1, of: $0) }
    let hello = try await connection.hello()
    ServerArguments.remember(target, as: name, overTLS: connection.speaksTLS, answering: hello)
    var plan = BundleFollower.Plan(connection, hello, target: output)
    plan.login = try login.login(for: target, projectFolder: development)
    plan.updated = { await runCommand(for: $0) }
    if let port = target.discoveryPort {
      plan.whereabouts = { await lookups.address(of: hello.serverID, port: port) }
    }
    let follower = BundleFollower(plan) { report.show($0) }
    do {
      try await follow ? follower.follow() : follower.fetchOnce()
    } catch let error as ClientError
      where error.problem?.problemType == .authenticationRequired && login.user == nil
    {
      throw ClientError(
        .refused,
        "This project asks for a user: name one with --user and --password-file."
      )
    }
  }
}

extension ConnectCommand {
  private func runCommand(for record: GenerationRecord) async {
    guard let exec else { return }
    do {
      let status = try await ShellCommand(text: exec).run([
        "SYNCD_FILE": URL(filePath: output).path, "SYNCD_GENERATION": record.id,
        "SYNCD_DIGEST": record.digest.hex,
      ])
      if status != 0 { Terminal.complain("\(exec) ended with status \(status).") }
    } catch {
      Terminal.complain("\(exec) cannot be run: \(error.localizedDescription)")
    }
  }
}

/// Prints what a follower does.
private struct StepReport: Sendable {
  let output: String
  let address: ServerAddress
  let json: Bool
  let bar = ProgressBar("receiving")

  private struct Line: Encodable {
    var step: String
    var generation: String?
    var digest: String?
    var detail: String?
    var tookMs: Double?
    /// Bytes that came.
    var received: UInt64?
    var delta: Bool?
  }

  func show(_ step: BundleFollower.Step) {
    if case .progress(let received, let size) = step { return bar.update(received, of: size) }
    bar.finish()
    let (line, text) = describe(step)
    if json { try? Terminal.say(json: line) } else { Terminal.say(text) }
  }

  /// Tells of a key that was accepted unseen, once: later connections hold against it.
  func show(pinned fingerprint: String, of server: ServerAddress) {
    bar.finish()
    let text =
      "\(server) is not vouched for by an authority; its key \(fingerprint) is pinned now. "
      + "Compare it with what `syncd serve` printed."
    if json {
      try? Terminal.say(json: Line(step: "pinned", detail: fingerprint))
    } else {
      Terminal.say(text)
    }
  }

  private func describe(_ step: BundleFollower.Step) -> (Line, String) {
    switch step {
    case .connected(let project):
      (Line(step: "connected", detail: project), "connected to \(project) at \(address)")
    case .upToDate(let record):
      (
        Line(step: "up-to-date", generation: record.id, digest: record.digest.hex),
        "generation \(record.id): \(output) is current"
      )
    case .notice(let notice): describe(notice)
    case .updated(let record, let took, let received, let isDelta):
      (
        Line(
          step: "updated",
          generation: record.id,
          digest: record.digest.hex,
          tookMs: took / .milliseconds(1),
          received: received,
          delta: isDelta
        ),
        "generation \(record.id): \(output) verified, \(Terminal.count(record.members, "member")), "
          + "\(Terminal.size(record.size)), "
          + (isDelta ? "by a delta of \(Terminal.size(received)), " : "") + Terminal.time(took)
      )
    case .developing:
      (Line(step: "developing"), "development mode: this client may write into the project folder")
    case .degraded(let problems):
      (
        Line(step: "degraded", detail: problems.first?.text),
        "the project cannot be built, the last good generation stays: "
          + (problems.first.map(Terminal.line(for:)) ?? "no reason given")
      )
    case .recovered: (Line(step: "recovered"), "the project can be built again")
    case .message(let text):
      (Line(step: "message", detail: text), "message from the server: \(text)")
    case .draining: (Line(step: "draining"), "the server is shutting down")
    case .lost(let error, let wait):
      (
        Line(step: "lost", detail: error.message),
        "\(error.message) Trying again in \(Terminal.time(wait))."
      )
    case .moved(let address):
      (
        Line(step: "moved", detail: address.description),
        "the server says that it is at \(address) now"
      )
    case .progress: (Line(step: "progress"), "")
    }
  }

  private func describe(_ notice: ReconnectRequired) -> (Line, String) {
    let changed = notice.changed
    let names = changed.names.prefix(3).joined(separator: ", ")
    let id = "\(notice.epoch):\(notice.gen)"
    return (
      Line(step: "reconnect-required", generation: id, digest: notice.digest.hex, detail: names),
      "reconnect required: generation \(id), \(notice.reason.rawValue), "
        + "\(Terminal.count(changed.total, "member")) changed: \(names)\(changed.total > 3 ? ", …" : "")"
    )
  }
}
