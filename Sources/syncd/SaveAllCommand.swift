import ArgumentParser
import Bundler
import Console
import Foundation
import ProjectHost
import ProjectModel
import SyncClient
import SyncProtocol

/// `syncd save-all`: waits until everything written before is in a generation.
struct SaveAllCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save-all",
    abstract: "Waits until the running server serves everything that was written before."
  )

  @OptionGroup var project: ProjectArguments

  @Option(
    name: .customLong("file"),
    help: ArgumentHelp(
      "A file whose content must be in the generation; may be repeated.",
      valueName: "path"
    )
  )
  var files: [String] = []

  @Option(help: "generation or file: wait for its number, or for the .4dz on the disk too.")
  var durable = BarrierRequest.Durability.generation

  @Option(
    help: ArgumentHelp("Seconds to wait; the reload goes on after that.", valueName: "seconds")
  )
  var deadline = 60.0

  @Flag(help: "Print the result as JSON.")
  var json = false

  func validate() throws {
    guard (0.001...600).contains(deadline) else {
      throw ValidationError("--deadline is between 0.001 and 600 seconds.")
    }
  }

  func run() async throws {
    let result = try await project.connection().saveAll(
      BarrierRequest(
        files: try files.isEmpty ? nil : named(),
        deadlineMs: Int(deadline * 1_000),
        durable: durable
      )
    )
    if json { try Terminal.say(json: result) } else { report(result) }
    let isHeld = result.files.allSatisfy { $0.state == .held }
    guard isHeld, [.published, .unchanged].contains(result.outcome) else {
      throw ExitStatus.leave(.failed)
    }
  }

  /// The named files as the caller sees them now.
  private func named() throws -> [BarrierRequest.File] {
    let root = try project.sources(for: "where nothing is saved").root
    return try files.map { name in
      let url = URL(filePath: name).resolvingSymlinksInPath()
      guard url.path.hasPrefix(root + "/") else {
        throw ClientError(.localFile, "\(name) is not in the project \(root).")
      }
      guard let content = try? Data(contentsOf: url) else {
        throw ClientError(.localFile, "\(name) cannot be read.")
      }
      return BarrierRequest.File(
        path: String(url.path.dropFirst(root.count + 1)),
        size: UInt64(content.count),
        sha256: SHA256.digest(of: Array(content))
      )
    }
  }

  private func report(_ result: BarrierResult) {
    let took = Terminal.time(milliseconds: result.tookMs)
    let generation = result.generation?.id ?? "none"
    switch result.outcome {
    case .published, .unchanged:
      let names = result.changedMembers.prefix(3).map { $0.split(separator: "/").last ?? "" }
      let list = names.isEmpty ? "" : ": " + names.joined(separator: ", ")
      Terminal.say(
        "saved in generation \(generation), \(took); "
          + "\(Terminal.count(result.changed, "member")) changed\(list)\(result.changed > 3 ? ", …" : "")"
      )
    case .pending:
      Terminal.complain(
        "not reloaded after \(took), and the reload goes on; generation \(generation) is current"
      )
    case .failed:
      Terminal.complain("the reload failed; generation \(generation) stays, \(took)")
    }
    for check in result.files where check.state != .held {
      Terminal.complain(
        "\(check.path) \(check.state == .missing ? "is not in" : "has another content in") the generation"
      )
    }
    for problem in result.problems { Terminal.writeError(Terminal.line(for: problem) + "\n") }
  }
}

extension BarrierRequest.Durability: ExpressibleByArgument {}
