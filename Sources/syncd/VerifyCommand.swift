import ArgumentParser
import Bundler
import Console
import Foundation
import ProjectModel

/// `syncd verify`: is this a sound bundle, and which one.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks every byte of a .4dz and prints its digest."
  )

  @Argument(help: "The .4dz to check.")
  var file: String

  @Flag(help: "Print the result as JSON.")
  var json = false

  private struct Result: Encodable {
    let file: String
    let digest: Digest
    let size: UInt64
    let members: Int
  }

  func run() throws {
    let manifest = try verifyBundle(at: file)
    if json {
      try Terminal.say(
        json: Result(
          file: file,
          digest: manifest.digest,
          size: manifest.archiveSize,
          members: manifest.members.count
        )
      )
    } else {
      Terminal.say(
        "\(file): sound, \(Terminal.count(manifest.members.count, "member")), "
          + "\(Terminal.size(manifest.archiveSize))"
      )
      Terminal.say("digest \(manifest.digest)")
    }
  }
}
