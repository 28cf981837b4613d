import ArgumentParser
import Console
import ProjectModel
import SyncClient
import SyncProtocol

/// `syncd catalog`: tables and fields, which the server alone edits.
struct CatalogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "Shows and edits the tables of the project through the running server.",
    subcommands: [Show.self, Edit.self]
  )

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows the tables and fields.")

    @OptionGroup var project: ProjectArguments

    @Flag(help: "Print it as JSON, with every attribute.")
    var json = false

    func run() async throws {
      let state = try await project.connection().state(of: CatalogDocument.self, at: Route.catalog)
      if json { return try Terminal.say(json: state) }
      Terminal.say("\(state.path), revision \(state.revision.prefix(12))")
      for table in state.content.tables { show(table) }
      for relation in state.content.relations {
        let sides = [relation.source, relation.destination].map { side in
          side.map { "\($0.table).\($0.field)" } ?? "?"
        }
        Terminal.say("relation \(sides.joined(separator: " -> "))")
      }
      Terminal.say(Terminal.count(state.content.indexes.count, "index entry"))
      for problem in state.problems { Terminal.writeError(Terminal.line(for: problem) + "\n") }
    }

    private func show(_ table: CatalogView.Table) {
      Terminal.say("")
      Terminal.say(
        "table \(table.id.map(String.init) ?? "?") \(table.name)\(table.trashed ? " (in the trash)" : "")"
      )
      let keys = Set(table.primaryKey)
      for field in table.fields {
        let isKey = field.uuid.map(keys.contains) ?? false || keys.contains(field.name)
        Terminal.say(
          "  \(field.id.map(String.init) ?? "?") \(field.name): \(field.typeName)\(isKey ? ", primary key" : "")"
        )
      }
    }
  }

  struct Edit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Carries out operations, all of them or none."
    )

    @OptionGroup var project: ProjectArguments
    @OptionGroup var edit: EditArguments

    func run() async throws {
      try await edit.perform(
        CatalogDocument.self,
        at: Route.catalog,
        on: try project.connection()
      )
    }
  }
}
