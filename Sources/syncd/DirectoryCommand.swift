import ArgumentParser
import Console
import ProjectModel
import SyncClient
import SyncProtocol

/// `syncd directory`: users and groups, which the server alone edits.
struct DirectoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "directory",
    abstract: "Shows and edits the users and groups through the running server.",
    subcommands: [Show.self, Edit.self]
  )

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows the users and groups.")

    @OptionGroup var project: ProjectArguments

    @Flag(help: "Print it as JSON.")
    var json = false

    func run() async throws {
      let state = try await project.connection().state(
        of: DirectoryDocument.self,
        at: Route.directory
      )
      if json { return try Terminal.say(json: state) }
      Terminal.say("\(state.path), revision \(state.revision.prefix(12))")
      for user in state.content.users {
        let password =
          user.needsReset
          ? "password to be set anew" : user.hasPassword ? "password" : "no password"
        Terminal.say("user \(user.alias ?? user.name): \(password)")
      }
      for group in state.content.groups {
        let members = group.users + group.groups.map { "group \($0)" }
        Terminal.say("group \(group.name): \(members.joined(separator: ", "))")
      }
      for (key, value) in state.content.settings.sorted(by: { $0.key < $1.key }) {
        Terminal.say("setting \(key): \(value.isEmpty ? "nobody" : value)")
      }
      for problem in state.problems { Terminal.writeError(Terminal.line(for: problem) + "\n") }
    }
  }

  struct Edit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Carries out operations, all of them or none.",
      discussion: "Passwords do not belong on a command line: give such operations with --from -."
    )

    @OptionGroup var project: ProjectArguments
    @OptionGroup var edit: EditArguments

    func run() async throws {
      try await edit.perform(
        DirectoryDocument.self,
        at: Route.directory,
        on: try project.connection()
      )
    }
  }
}
