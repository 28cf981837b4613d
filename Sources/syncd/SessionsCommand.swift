import ArgumentParser
import Console
import Foundation
import ProjectModel
import Sessions
import SyncClient
import SyncProtocol

/// `syncd sessions`: the sessions of the running server, as server-side code sees them.
struct SessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract:
      "Lists the sessions; reads and changes their privileges and storage; makes passcodes.",
    subcommands: [
      List.self, Show.self, OTP.self, Privileges.self, Storage.self, Follow.self,
    ],
    defaultSubcommand: List.self
  )

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the open sessions.")

    @OptionGroup var project: ProjectArguments

    @Flag(help: "Print sessions and processes as JSON.")
    var json = false

    func run() async throws {
      let activity = try await project.connection().activity(SessionActivity.self)
      if json { return try Terminal.say(json: activity) }
      let processes = Dictionary(grouping: activity.processes, by: \.sessionID)
      let rows = activity.sessions.map { info in
        [
          info.id, info.type, info.userName, info.machineName, info.state,
          "\(processes[info.id]?.count ?? 0)", info.creationDateTime,
        ]
      }
      let header = ["ID", "TYPE", "USER", "MACHINE", "STATE", "PROCESSES", "SINCE"]
      for line in Table(header, rows).lines { Terminal.say(line) }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows a session.")

    @OptionGroup var session: SessionArgument

    @Flag(help: "Print its info as JSON.")
    var json = false

    func run() async throws {
      let connection = try session.connection()
      let info = try await connection.info(SessionInfo.self, of: session.id)
      if json { return try Terminal.say(json: info) }
      let privileges = try await connection.privileges(of: session.id)
      let storage = try await connection.storage(of: session.id)
      let unreachable = info.unreachableSince.map { ", out of reach for \($0) s" } ?? ""
      let lines = [
        ("id", info.id), ("type", info.type), ("user", info.userName),
        ("machine", "\(info.machineName) (\(info.address))"), ("account", info.systemUserName),
        ("state", info.state + unreachable), ("since", info.creationDateTime),
        ("privileges", privileges.privileges.joined(separator: ", ")),
        ("storage", String(decoding: storage.bytes, as: UTF8.self)),
      ]
      for line in Table(["", ""], lines.map { [$0.0, $0.1] }).lines.dropFirst() {
        Terminal.say(line)
      }
    }
  }

  struct OTP: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "otp",
      abstract: "Makes a one-time passcode, with which a browser shares the session, and prints it."
    )

    @OptionGroup var session: SessionArgument

    @Option(
      help: ArgumentHelp(
        "Seconds; 10 for a desktop session, the idle time of a web session if left out.",
        valueName: "seconds"
      )
    )
    var lifespan: Int?

    @Flag(help: "Print the passcode as JSON.")
    var json = false

    func run() async throws {
      let order = PasscodeRequest(lifespan: lifespan)
      let passcode = try await session.connection().createOTP(order, of: session.id)
      if json { return try Terminal.say(json: PasscodeAnswer(otp: passcode)) }
      Terminal.say(passcode)
    }
  }

  struct Privileges: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what a session may do in web requests, after clearing and adding.",
      discussion: "Names that roles.json does not declare are ignored, as in 4D."
    )

    @OptionGroup var session: SessionArgument

    @Flag(help: "Take all privileges away first.")
    var clear = false

    @Option(help: ArgumentHelp("A privilege to add; may be repeated.", valueName: "name"))
    var add: [String] = []

    @Option(help: ArgumentHelp("A role to add; may be repeated.", valueName: "name"))
    var role: [String] = []

    @Flag(help: "Print the list as JSON.")
    var json = false

    func run() async throws {
      let connection = try session.connection()
      if clear { try await connection.clearPrivileges(of: session.id) }
      let order = PrivilegeRequest(privileges: add, roles: role)
      let list =
        add.isEmpty && role.isEmpty
        ? try await connection.privileges(of: session.id)
        : try await connection.setPrivileges(order, of: session.id)
      if json { return try Terminal.say(json: list) }
      for name in list.privileges { Terminal.say(name) }
      if list.privileges.isEmpty { Terminal.say("no privileges") }
    }
  }

  struct Storage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows a session's storage, after a merge patch where there is one."
    )

    @OptionGroup var session: SessionArgument

    @Option(
      help: ArgumentHelp("What to change, RFC 7396: '{\"a\":1,\"b\":null}'.", valueName: "json")
    )
    var patch: String?

    func validate() throws { _ = try change() }

    func run() async throws {
      let storage = try await session.connection().storage(of: session.id, patch: try change())
      Terminal.say(String(decoding: storage.bytes, as: UTF8.self))
    }

    private func change() throws -> JSONValue? {
      do throws(JSONSyntax.Failure) {
        return if let patch { try JSONValue(reading: Array(patch.utf8)) } else { nil }
      } catch {
        throw ValidationError("--patch is not JSON: \(error.text).")
      }
    }
  }
}

extension SessionsCommand {
  struct Follow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints a line whenever a session's storage or privileges change, until it ends."
    )

    @OptionGroup var session: SessionArgument

    @Flag(help: "Print each change as JSON.")
    var json = false

    func run() async throws {
      let connection = try session.connection()
      let info = try await connection.info(SessionInfo.self, of: session.id)
      do {
        try await connection.changes(of: info.id) { event in
          switch event {
          case .storage(let change): try tell("storage", change.revision)
          case .privileges: try tell("privileges")
          default: break
          }
        }
      } catch let error as ClientError where error.code == .connection {
        // The stream ends with the session, and with the server.
        guard try await isOver(info.id, connection) else { throw error }
        try tell("ended")
      }
    }

    private func isOver(_ id: String, _ connection: ServerConnection) async throws -> Bool {
      do {
        _ = try await connection.info(SessionInfo.self, of: id)
        return false
      } catch let error as ClientError where error.problem?.problemType == .notFound {
        return true
      }
    }

    private func tell(_ what: String, _ revision: UInt64? = nil) throws {
      if json { return try Terminal.say(json: Change(event: what, revision: revision)) }
      Terminal.say(([what] + [revision.map { "\($0)" }].compactMap(\.self)).joined(separator: " "))
    }

    private struct Change: Encodable {
      let event: String
      let revision: UInt64?
    }
  }
}

/// Which session of which server a command means.
struct SessionArgument: ParsableArguments {
  @Argument(help: "The session's id, as the list shows it; in a hook also `self`.")
  var id: String

  @OptionGroup var project: ProjectArguments

  func validate() throws {
    guard SessionID(text: id) != nil || id == "self" else {
      throw ValidationError("\(id) is no session's id: `syncd sessions` lists them.")
    }
    guard id != "self" || Self.pass != nil else {
      throw ValidationError("Only a hook has a session of its own: name one by its id.")
    }
  }

  /// The pass of the hook that the command runs in.
  private static var pass: String? { ProcessInfo.processInfo.environment["SYNCD_TOKEN"] }

  func connection() throws -> ServerConnection {
    let connection = try project.connection()
    guard id == "self", let pass = Self.pass else { return connection }
    return connection.inSession(pass)
  }
}
