import ArgumentParser
import Console
import Foundation
import SyncClient
import SyncProtocol

/// `syncd clients`: who is connected, and what may be done about it.
struct ClientsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clients",
    abstract: "Lists the connected clients, sends them messages, drops them, lets nobody new in.",
    subcommands: [List.self, Message.self, Drop.self, Refuse.self, Accept.self],
    defaultSubcommand: List.self
  )

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the connected clients.")

    @OptionGroup var project: ProjectArguments

    @Flag(help: "Print the list as JSON.")
    var json = false

    func run() async throws {
      let list = try await project.connection().clients()
      if json { return try Terminal.say(json: list) }
      for client in list.clients { Terminal.say(Self.line(for: client)) }
      if list.clients.isEmpty { Terminal.say("no client is connected") }
      if !list.acceptsNew {
        Terminal.say("new clients are refused; syncd clients accept lets them in")
      }
    }

    private static func line(for client: ConnectedClient) -> String {
      var parts = [client.id, client.userName ?? "no session"]
      if let machine = client.machineName { parts.append("on \(machine)") }
      if let program = client.client { parts.append(program) }
      if let mode = client.mode { parts.append(mode.rawValue) }
      if let generation = client.generation { parts.append("generation \(generation)") }
      parts += client.connections.map { "\($0.transport.rawValue) from \($0.address)" }
      return parts.joined(separator: ", ") + ", since \(client.since)"
    }
  }

  struct Message: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sends a message to everybody, or to one client."
    )

    @Argument(help: "The text.")
    var text: String

    @Option(help: ArgumentHelp("The one client that it is for.", valueName: "id"))
    var to: String?

    @OptionGroup var project: ProjectArguments

    func run() async throws {
      try await project.connection().send(ClientMessageRequest(text: text, to: to))
    }
  }

  struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a client's session and its connections."
    )

    @Argument(help: "The client's id, as the list shows it.")
    var id: String

    @OptionGroup var project: ProjectArguments

    func run() async throws { try await project.connection().dropClient(id) }
  }

  struct Refuse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets no new client in; those that are connected stay."
    )

    @OptionGroup var project: ProjectArguments

    func run() async throws {
      try await project.connection().setAdmission(ClientAdmission(acceptsNew: false))
    }
  }

  struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lets new clients in again.")

    @OptionGroup var project: ProjectArguments

    func run() async throws {
      try await project.connection().setAdmission(ClientAdmission(acceptsNew: true))
    }
  }
}
