import ArgumentParser
import Console
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// Operations on an owned file, from a file or the command line.
struct EditArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A JSON list of operations, or one of them; - reads standard input.",
      valueName: "file"
    )
  )
  var from: String?

  @Option(
    name: .customLong("op"),
    help: ArgumentHelp("One operation as JSON; may be repeated.", valueName: "json")
  )
  var operations: [String] = []

  @Flag(help: "Print what would change, and change nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "The revision that the operations are meant for; the current one if left out.",
      valueName: "revision"
    )
  )
  var ifMatch: String?

  @Option(
    help: ArgumentHelp("The id of the edit: a repetition with it changes nothing.", valueName: "id")
  )
  var opID: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  /// Sends the operations and prints what became of them.
  func perform<Document: OwnedDocument>(
    _ type: Document.Type,
    at path: String,
    on connection: ServerConnection
  ) async throws {
    let edit = EditRequest<Document.Operation>(
      opID: opID ?? UUID().uuidString,
      operations: try read(Document.Operation.self),
      dryRun: dryRun ? true : nil
    )
    let revision: String
    if let ifMatch {
      revision = ifMatch
    } else {
      revision = try await connection.state(of: type, at: path).revision
    }
    let result: EditResult
    do {
      result = try await connection.edit(edit, at: path, to: revision)
    } catch let error as ClientError {
      for problem in error.problem?.problems ?? [] {
        Terminal.writeError(Terminal.line(for: problem) + "\n")
      }
      throw error
    }
    try report(result)
  }

  private func report(_ result: EditResult) throws {
    if json { return try Terminal.say(json: result) }
    if let diff = result.diff {
      Terminal.write(diff)
      if result.changed.isEmpty {
        Terminal.say("nothing would change")
      } else if diff.isEmpty {
        Terminal.say("would change \(result.changed.joined(separator: ", ")), which is not shown")
      }
    } else {
      Terminal.say(
        "revision \(result.revision.prefix(12)): \(Terminal.count(result.changed.count, "element")) changed"
      )
    }
    for problem in result.problems { Terminal.writeError(Terminal.line(for: problem) + "\n") }
  }

  private func read<Operation: Decodable>(_ type: Operation.Type) throws -> [Operation] {
    // Not in validate(): it would come before an option that does not exist is named.
    guard from != nil || !operations.isEmpty else {
      throw ValidationError("Name the operations with --op or --from.")
    }
    var found: [Operation] = []
    if let from {
      let content =
        from == "-"
        ? FileHandle.standardInput.readDataToEndOfFile()
        : FileManager.default.contents(atPath: from)
      guard let content else { throw ValidationError("\(from) cannot be read.") }
      found += try decode(type, content, from: from)
    }
    for operation in operations {
      found += try decode(type, Data(operation.utf8), from: "--op")
    }
    return found
  }

  private func decode<Operation: Decodable>(
    _ type: Operation.Type,
    _ content: Data,
    from source: String
  ) throws -> [Operation] {
    let isList = content.first { $0 > 0x20 } == UInt8(ascii: "[")
    do {
      return isList
        ? try JSONDecoder().decode([Operation].self, from: content)
        : [try JSONDecoder().decode(Operation.self, from: content)]
    } catch let error as DecodingError {
      throw ValidationError("\(source): \(error.sentence(on: content)).")
    } catch let error as UnreadableOperation {
      let place = error.number.map { ", operation \($0)" } ?? ""
      throw ValidationError("\(source)\(place): \(error.text).")
    }
  }
}
