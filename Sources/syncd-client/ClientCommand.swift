import ArgumentParser
import Console
import Deployment
import Foundation
import SyncClient
import SyncProtocol

/// A merged client: it knows its server, and keeps the project's `.4dz` and itself current.
@main
struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "syncd-client",
    abstract: "Connects to the server that this client was made for, and keeps its .4dz current.",
    version: Version.text
  )

  @Flag(help: "Choose among the servers in this network, where the client's maker allows it.")
  var select = false

  @Option(
    help: ArgumentHelp(
      "A server to use instead, host[:port], where the client's maker allows a choice.",
      valueName: "host:port"
    )
  )
  var server: String?

  @Flag(help: "Look for servers on this machine alone.")
  var local = false

  @Option(
    help: ArgumentHelp(
      "ask, always or never. Where nobody can be asked an update is taken when the server demands "
        + "it, and reported otherwise.",
      valueName: "policy"
    )
  )
  var update = UpdatePolicy.ask

  @Option(
    help: ArgumentHelp(
      "Take an update from a server's Upgrade4DClient folder first.",
      valueName: "folder"
    )
  )
  var updateFrom: String?

  @Option(
    help: ArgumentHelp(
      "A shell command to run after each new file; SYNCD_FILE, SYNCD_GENERATION and SYNCD_DIGEST "
        + "say which. With --json its output goes to standard error.",
      valueName: "command"
    )
  )
  var exec: String?

  @Option(
    help: ArgumentHelp(
      "The SHA-256 fingerprint of a key to accept in place of the one that is pinned.",
      valueName: "fingerprint"
    )
  )
  var acceptKey: String?

  @OptionGroup var login: LoginArguments

  @Flag(help: "Print each step as one line of JSON.")
  var json = false

  func validate() throws {
    guard let acceptKey else { return }
    guard acceptKey.utf8.count == 64, acceptKey.allSatisfy(\.isHexDigit) else {
      throw ValidationError("'\(acceptKey)' is no fingerprint: it has 64 hexadecimal digits.")
    }
  }

  func run() async throws {
    let client = try InstalledClient(of: OwnProgram.path)
    let hold = try await client.hold()
    if case .gone = hold { return try OwnProgram.become(client.startFile) }
    defer { withExtendedLifetime(hold) {} }
    client.tidy()
    let data = try DataFolder(of: client.application)
    let report = ClientReport(json: json)
    if case .denied = hold {
      report.say(
        "version-locked",
        "Another program has locked \(client.folder)/versions/\(client.running) and does not let "
          + "go: the client starts all the same."
      )
    }
    var updates = ClientUpdates(client, data, policy: update, report: report)
    if let updateFrom { try await updates.settle(from: UpdateFolder(updateFrom)) }
    let choice = ServerChoice(
      client,
      data,
      acceptedKey: acceptKey,
      isLocal: local,
      report: report
    )
    var wish: ServerChoice.Wish = select ? .chosen : .usual
    if let server { wish = .named(server) }
    var patience = ServerPatience(data.bundle, json: json)
    while true {
      try OwnProgram.giveWay(for: client)
      guard let visit = try await patience.visit(choice, &wish, &updates) else { continue }
      client.confirm()
      data.remember(visit.target)
      do { try await stay(with: visit, data) } catch let error as ClientError where error.isBreak {
        // Between the visit and the first event: later ones are waited out there.
        try await patience.wait(after: error, &wish)
      }
    }
  }

  /// Follows a server until there is another one, or another version, to look for.
  private func stay(with visit: ServerVisit, _ data: DataFolder) async throws {
    let course = ClientCourse(try await visit.updates.offer())
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await follow(visit, data, course) }
        group.addTask { await course.untilAnotherOffer() }
        defer { group.cancelAll() }
        try await group.next()
      }
    } catch let error as ClientError where error.code == .refused && course.wasConnected {
      // The server has another version now, or has started anew and knows this client no longer.
      try await Task.sleep(for: Self.pause)
    }
  }

  /// Between two visits to a server that sends the client away.
  private static let pause = Duration.seconds(2)

  private func follow(
    _ visit: ServerVisit,
    _ data: DataFolder,
    _ course: ClientCourse
  ) async throws {
    let steps = FollowReport(output: data.bundle, address: visit.target.address, json: json)
    var connection = visit.connection
    connection.pairing?.offered = { course.note($0) }
    var plan = BundleFollower.Plan(connection, visit.hello, target: data.bundle)
    plan.login = try login.login(
      for: visit.target,
      projectFolder: nil,
      persistentID: data.persistentID
    )
    if let exec {
      let command = UpdateCommand(exec, file: data.bundle, json: json)
      plan.updated = { await command.run(for: $0) }
    }
    plan.whereabouts = visit.whereabouts
    do {
      try await BundleFollower(plan) {
        course.note($0)
        steps.show($0)
      }.follow()
    } catch let error as ClientError
      where error.problem?.problemType == .authenticationRequired && login.user == nil
      && !course.wasConnected
    {
      throw ClientRefusal(
        description: "This project asks for a user: name one with --user and --password-file."
      )
    }
  }

  static func main() async {
    Terminal.occupyStandardFiles()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      leave(error)
    }
    if Terminal.hasLostOutput { Foundation.exit(1) }
  }

  /// Ends with the sentence and the status of an error: those of `syncd`.
  private static func leave(_ error: any Error) -> Never {
    switch error {
    case let error as ClientError:
      Terminal.complain("\(error)")
      Foundation.exit(error.exitStatus)
    case let error as ClientRefusal:
      Terminal.complain("\(error)")
      Foundation.exit(4)
    case let error as DeploymentError:
      Terminal.complain("\(error)")
      Foundation.exit(error.code == .untrusted ? 4 : 1)
    default:
      guard exitCode(for: error) != .success else {
        Terminal.write(fullMessage(for: error) + "\n")
        Foundation.exit(Terminal.hasLostOutput ? 1 : 0)
      }
      Terminal.writeError(fullMessage(for: error) + "\n")
      Foundation.exit(2)
    }
  }
}

extension UpdatePolicy: ExpressibleByArgument {}

/// Why this client may not work with its server.
struct ClientRefusal: Error, CustomStringConvertible {
  let description: String
}

extension ClientError {
  fileprivate var exitStatus: Int32 {
    switch code {
    case .noServer: 3
    case .refused, .dropped, .untrusted: 4
    case .connection, .verification, .localFile: 1
    }
  }
}
