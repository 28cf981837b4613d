import ArgumentParser
import Console
import Foundation
import ProjectModel

/// `syncd merge-catalog`: what git calls to merge `catalog.4DCatalog`.
struct MergeCatalogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge-catalog",
    abstract:
      "Merges two versions of a catalog element by element; `syncd hooks install` tells git.",
    discussion: """
      The result replaces OURS. Exit status 1 when a person has to look: contradictions are marked \
      as git marks them.
      """
  )

  @Argument(help: "The common ancestor (%O).")
  var base: String

  @Argument(help: "Our version (%A), replaced by the result.")
  var ours: String

  @Argument(help: "Their version (%B).")
  var theirs: String

  @Flag(help: "Print conflicts and notes as JSON.")
  var json = false

  private struct Result: Encodable {
    let clean: Bool
    let conflicts: [CatalogMerge.Conflict]
    let notes: [String]
  }

  func run() throws {
    let versions = try [base, ours, theirs].map { path in
      guard let content = FileManager.default.contents(atPath: path) else {
        throw ValidationError("\(path) cannot be read.")
      }
      return Array(content)
    }
    let merge: CatalogMerge
    do throws(UnreadableDocument) {
      merge = try mergeCatalogs(base: versions[0], ours: versions[1], theirs: versions[2])
    } catch {
      try mergeAsText(because: error.problem)
      return
    }
    if Array(merge.bytes) != versions[1] {
      try Data(merge.bytes).write(to: URL(filePath: ours))
    }
    if json {
      try Terminal.say(
        json: Result(clean: merge.isClean, conflicts: merge.conflicts, notes: merge.notes)
      )
    } else {
      for note in merge.notes { Terminal.complain(note) }
      for conflict in merge.conflicts { Terminal.complain("conflict: \(conflict.text)") }
    }
    guard merge.isClean else { throw ExitStatus.leave(.failed) }
  }

  /// A version that is no catalog is merged as git would have done it without us.
  private func mergeAsText(because problem: Problem) throws {
    Terminal.complain("merged line by line: \(Terminal.line(for: problem))")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "git", "merge-file", "-L", "ours", "-L", "base", "-L", "theirs", ours, base, theirs,
    ]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ExitStatus.leave(.failed) }
  }
}
