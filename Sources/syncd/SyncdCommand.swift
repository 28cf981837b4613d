import ArgumentParser
import Console
import Foundation

/// The root of the command line.
@main
struct SyncdCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "syncd",
    abstract: "Keeps a 4D project in step with everybody who works on it.",
    version: Version.text,
    subcommands: [
      ServeCommand.self, BuildCommand.self, PackageCommand.self, VerifyCommand.self,
      ReloadCommand.self,
      SaveAllCommand.self, StatusCommand.self, ConnectCommand.self, DiscoverCommand.self,
      RecentsCommand.self, LinkCommand.self, ClientsCommand.self, SessionsCommand.self,
      HooksCommand.self,
      CatalogCommand.self, DirectoryCommand.self, DoctorCommand.self, MergeCatalogCommand.self,
    ]
  )

  static func main() async {
    Terminal.occupyStandardFiles()
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      leaveParser(with: error)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as ExitCode {
      Foundation.exit(error.rawValue)
    } catch  where [.success, .validationFailure].contains(exitCode(for: error)) {
      leaveParser(with: error)
    } catch {
      Terminal.complain("\(error)")
      Foundation.exit(ExitStatus(for: error).rawValue)
    }
    if Terminal.hasLostOutput { Foundation.exit(ExitStatus.failed.rawValue) }
  }

  /// Prints help or version where asked for, and what is wrong with the command line otherwise.
  private static func leaveParser(with error: any Error) -> Never {
    let text = fullMessage(for: error) + "\n"
    guard exitCode(for: error) == .success else {
      Terminal.writeError(text)
      Foundation.exit(ExitStatus.usage.rawValue)
    }
    Terminal.write(text)
    Foundation.exit((Terminal.hasLostOutput ? ExitStatus.failed : .done).rawValue)
  }
}
