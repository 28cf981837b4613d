import ArgumentParser
import Bundler
import Console
import Foundation
import ProjectHost
import ProjectModel

/// `syncd build`: one bundle, without a server.
struct BuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Packs a project into a .4dz, once."
  )

  @Argument(help: "The project's folder or its .4DProject file.")
  var project: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The .4dz to write.", valueName: "file"))
  var output: String

  @OptionGroup var bundle: BundleArguments

  @Flag(help: "Print the result as JSON.")
  var json = false

  private struct Result: Encodable {
    let file: String
    let digest: Digest
    let size: UInt64
    let members: Int
    let tookMs: Double
    let problems: [Problem]
  }

  func run() async throws {
    let clock = ContinuousClock()
    let began = clock.now
    let target = try OutputFile.place(output)
    let location = try ProjectLocation(opening: project)
    guard location.archive == nil else {
      throw HostError(
        .notAProject,
        "\(location.path) is packed already: name the project's folder, or serve the archive"
      )
    }
    let bar = ProgressBar("packing")
    let builder = ProjectBuild(location, options: bundle.options)
    let (snapshot, problems) = try await builder.run { bar.update($0.bytes, of: $0.totalBytes) }
    bar.finish()
    let failing = problems.filter { $0.severity == .failure || bundle.strict }
    for problem in problems where !json { Terminal.writeError(Terminal.line(for: problem) + "\n") }
    guard failing.isEmpty else {
      if json { try Terminal.say(json: problems) }
      Terminal.complain("\(location.name) is not packed; \(output) is as it was.")
      throw ExitStatus.leave(.failed)
    }
    try writeBundle(snapshot, to: target)
    let took = clock.now - began
    let manifest = snapshot.manifest
    if json {
      try Terminal.say(
        json: Result(
          file: output,
          digest: manifest.digest,
          size: manifest.archiveSize,
          members: manifest.members.count,
          tookMs: took / .milliseconds(1),
          problems: problems
        )
      )
    } else {
      Terminal.say(
        "\(output): \(Terminal.count(manifest.members.count, "member")), "
          + "\(Terminal.size(manifest.archiveSize)), \(Terminal.time(took))"
      )
      Terminal.say("digest \(manifest.digest)")
    }
  }
}

/// How a bundle is made.
struct BundleArguments: ParsableArguments {
  @Option(
    help: "full, or compiled: compiled code instead of methods, for a deployed server (build only)."
  )
  var profile = BundleProfile.full

  @Option(help: "constant (1980-01-01, reproducible) or file (the files' own times, in UTC).")
  var timestamps = TimestampRule.constant

  @Flag(help: "Reported problems fail the reload too.")
  var strict = false

  var options: BundleOptions { BundleOptions(profile: profile, timestamps: timestamps) }
}

extension TimestampRule: ExpressibleByArgument {}

extension BundleProfile: ExpressibleByArgument {}
