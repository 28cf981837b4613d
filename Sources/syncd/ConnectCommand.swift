import ArgumentParser
import Bundler
import Console
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
        + "say which. With --json its output goes to standard error.",
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
    let file = try OutputFile.place(output)
    let lookups = trust.lookups
    let target = try await ServerArguments.resolve(server, with: lookups)
    let report = FollowReport(output: output, address: target.address, json: json)
    let (connection, hello) = try await trust.greet(target) { report.show(pinned: $1, of: $0) }
    ServerArguments.remember(target, as: name, overTLS: connection.speaksTLS, answering: hello)
    var plan = BundleFollower.Plan(connection, hello, target: file)
    // Who stays is a client with a session; a bundle alone may need none.
    if follow || login.userName(for: target) != nil {
      plan.login = try login.login(
        for: target,
        projectFolder: development,
        persistentID: ServerArguments.persistentID
      )
    }
    if let exec {
      let command = UpdateCommand(exec, file: output, json: json)
      plan.updated = { await command.run(for: $0) }
    }
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
