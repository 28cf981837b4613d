import ArgumentParser
import Console
import SyncClient

/// `syncd recents`: the servers that were connected to.
struct RecentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recents",
    abstract:
      "Lists the last \(RecentServers.most) servers, newest first; `connect` takes their labels."
  )

  @Option(help: ArgumentHelp("Remove the entry with this label or address.", valueName: "name"))
  var forget: String?

  @Flag(help: "Print the list as JSON.")
  var json = false

  func run() throws {
    let file = ServerArguments.recents
    if let forget {
      let count = try file.change { $0.forget(forget) }
      guard count > 0 else {
        throw ClientError(
          .localFile,
          "No recent server is called '\(forget)'; `syncd recents` lists them."
        )
      }
      if !json { return Terminal.say("forgot \(forget)") }
    }
    let recents = try file.read().recents
    if json { return try Terminal.say(json: recents) }
    guard !recents.isEmpty else { return Terminal.say("no recent servers") }
    let rows = recents.map {
      [($0.usesTLS ? "^" : "") + $0.label, $0.address, $0.project, $0.lastUsed]
    }
    for line in Table(["NAME", "ADDRESS", "PROJECT", "LAST USED"], rows).lines {
      Terminal.say(line)
    }
  }
}
