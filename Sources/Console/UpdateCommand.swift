import Foundation
import ProjectModel
package import SyncProtocol

/// A user's command that runs after each new file.
package struct UpdateCommand: Sendable {
  private let command: ShellCommand
  private let file: String

  /// - Parameters:
  ///   - text: the command, as a shell takes it.
  ///   - file: the file that is kept, which the command finds in `SYNCD_FILE`.
  package init(_ text: String, file: String) {
    command = ShellCommand(text)
    self.file = file
  }

  /// Runs it to its end; that it failed is said, and no more.
  package func run(for record: GenerationRecord) async {
    do {
      let status = try await command.run([
        "SYNCD_FILE": URL(filePath: file).path, "SYNCD_GENERATION": record.id,
        "SYNCD_DIGEST": record.digest.hex,
      ])
      if status != 0 { Terminal.complain("\(command.text) ended with status \(status).") }
    } catch {
      Terminal.complain("\(command.text) cannot be run: \(error.localizedDescription)")
    }
  }
}
