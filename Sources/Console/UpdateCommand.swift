import Foundation
import ProjectModel
package import SyncProtocol

/// A user's command that runs after each new file.
package struct UpdateCommand: Sendable {
  private let command: ShellCommand
  private let file: String
  private let json: Bool

  /// - Parameters:
  ///   - text: the command, as a shell takes it.
  ///   - file: the file that is kept, which the command finds in `SYNCD_FILE`.
  ///   - json: standard output is for our lines alone, and the command's output goes to standard error.
  package init(_ text: String, file: String, json: Bool) {
    command = ShellCommand(text)
    self.file = file
    self.json = json
  }

  /// Runs it to its end; that it failed is said, and no more.
  package func run(for record: GenerationRecord) async {
    do {
      let variables = [
        "SYNCD_FILE": URL(filePath: file).path, "SYNCD_GENERATION": record.id,
        "SYNCD_DIGEST": record.digest.hex,
      ]
      let status = try await command.run(variables, speaksAside: json)
      if status != 0 { Terminal.complain("\(command.text) ended with status \(status).") }
    } catch {
      Terminal.complain("\(command.text) cannot be run: \(error.localizedDescription)")
    }
  }
}
