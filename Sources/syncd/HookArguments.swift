import ArgumentParser
import Foundation
import Logging
import ProjectHost
import Sessions
import SyncServer

/// The operator's hooks.
struct HookArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder with programs to run where 4D calls its database methods: on-server-startup, "
        + "on-server-open-connection, on-server-close-connection, on-server-shutdown.",
      valueName: "folder"
    )
  )
  var hooks: String?

  @Option(
    help: ArgumentHelp("How long a hook may take; 30 if left out.", valueName: "seconds")
  )
  var hookTimeout: Double?

  func validate() throws {
    guard let hookTimeout else { return }
    guard hooks != nil else {
      throw ValidationError("--hook-timeout is for hooks: name their folder with --hooks.")
    }
    guard (0.1...86_400).contains(hookTimeout) else {
      throw ValidationError("--hook-timeout is between 0.1 and 86,400 seconds.")
    }
  }

  /// The hooks of a project's server; `nil` where no folder is named.
  func serverHooks(
    _ sessions: OpenSessions,
    of location: ProjectLocation,
    in folder: SystemFolder,
    _ logger: Logger
  ) throws(ServerError) -> ServerHooks? {
    guard let hooks else { return nil }
    return ServerHooks(
      try HookFolder(URL(filePath: hooks).standardizedFileURL.path),
      timeout: .seconds(hookTimeout ?? 30),
      sessions: sessions,
      variables: [
        "SYNCD_PROJECT": location.path, "SYNCD_STATE_DIR": folder.path,
      ],
      logger: logger
    )
  }
}
