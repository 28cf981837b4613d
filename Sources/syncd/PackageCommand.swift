import ArgumentParser
import Bundler
import Console
import Deployment
import Foundation
import ProjectHost
import ProjectModel

/// `syncd package`: a merged application, its server and its client.
struct PackageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "package",
    abstract: "Makes a server and a client of a project, to be copied to where they run.",
    discussion: "Names and versions come from the project's Settings/buildApp.4DSettings. "
      + "docs/applications.md walks through it."
  )

  @Argument(help: "The project's folder or its .4DProject file.")
  var project: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to make both in; the same application in it is replaced.")
  )
  var output: String

  @Option(
    help: ArgumentHelp(
      "Where syncd and syncd-client are that go to other machines; beside this program if left out.",
      valueName: "folder"
    )
  )
  var programs: String?

  @Flag(help: "Take programs that run only where Swift is installed: for trying on this machine.")
  var allowSharedSwift = false

  @Option(
    help: ArgumentHelp(
      "The key that updates are signed with; made where the file is not there. Keep it.",
      valueName: "file"
    )
  )
  var signingKey: String?

  @Option(
    help: ArgumentHelp(
      "Other settings than those of the project, as 4D's application builder writes them.",
      valueName: "file"
    )
  )
  var settings: String?

  @Option(
    help: ArgumentHelp("A key of the settings and its value; repeat it.", valueName: "key=value")
  )
  var set: [String] = []

  @Option(
    help: "compiled or full; compiled where the project has compiled code, if left out."
  )
  var profile: BundleProfile?

  @Flag(help: "Reported problems stop the packaging too.")
  var strict = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  private struct Output: Encodable {
    let application: String
    let version: Int
    let server: String
    let client: String
    let digest: Digest
    let updateSize: Int?
    let leftOut: [String]
    let problems: [Problem]
  }

  func run() async throws {
    let location = try ProjectLocation(opening: project)
    guard location.archive == nil else {
      throw ValidationError("\(project) is packed already: name the project's folder.")
    }
    let keys = try ApplicationKeys(
      settings: try settingsFile(of: location),
      of: settings ?? ProjectLayout.buildSettings.display,
      overrides: set,
      project: location.name
    )
    let programs = try Programs(
      in: self.programs ?? Self.ownFolder,
      allowsSharedSwift: allowSharedSwift
    )
    let bar = ProgressBar("packing")
    let builder = ProjectBuild(location, options: options(for: location))
    let (snapshot, problems) = try await builder.run { bar.update($0.bytes, of: $0.totalBytes) }
    bar.finish()
    for problem in problems where !json { Terminal.writeError(Terminal.line(for: problem) + "\n") }
    guard problems.allSatisfy({ $0.severity != .failure && !strict }) else {
      if json { try Terminal.say(json: problems) }
      Terminal.complain("\(location.name) is not packaged; \(output) is as it was.")
      throw ExitStatus.leave(.failed)
    }
    let plan = ApplicationPackager.Plan(
      keys,
      root: location.root,
      snapshot: snapshot,
      programs: programs,
      signingKey: try signingKey.map { path throws(DeploymentError) in try SigningKey(at: path) }
    )
    let result = try await ApplicationPackager(plan).package(into: output)
    try show(result, keys, snapshot.manifest.digest, problems)
  }

  /// Compiled code is what 4D's builder ships (4d-domain §2.2).
  private func options(for location: ProjectLocation) -> BundleOptions {
    let compiled = location.root + "/" + ProjectLayout.compiledCode.display
    let isCompiled = FileManager.default.fileExists(atPath: compiled)
    return BundleOptions(profile: profile ?? (isCompiled ? .compiled : .full))
  }

  private func show(
    _ result: ApplicationPackager.Result,
    _ keys: ApplicationKeys,
    _ digest: Digest,
    _ problems: [Problem]
  ) throws {
    if keys.isHardLinkDerived {
      Terminal.complain(
        "HardLink is missing and made of the application's names, which anybody can guess: set it "
          + "before you give the client away."
      )
    }
    if json {
      return try Terminal.say(
        json: Output(
          application: keys.name,
          version: keys.versions.current,
          server: result.server,
          client: result.client,
          digest: digest,
          updateSize: result.updateSize,
          leftOut: result.leftOut,
          problems: problems
        )
      )
    }
    for path in result.leftOut {
      Terminal.complain("\(path) is a link or a special file and was left out.")
    }
    let update =
      result.updateSize.map { "an update of \(Terminal.size(UInt64($0))) for older clients" }
      ?? "no update for older clients"
    Terminal.say("\(result.server): serves \(keys.project) on port \(keys.port), \(update)")
    Terminal.say("\(result.client): version \(keys.versions.current), as \(result.version)")
  }

  private func settingsFile(of location: ProjectLocation) throws -> [UInt8]? {
    let path = settings ?? location.root + "/" + ProjectLayout.buildSettings.display
    if let content = FileManager.default.contents(atPath: path) { return Array(content) }
    guard settings == nil, !FileManager.default.fileExists(atPath: path) else {
      throw ValidationError("\(path) cannot be read: name another file with --settings.")
    }
    return nil
  }

  /// The folder that this program is in.
  private static var ownFolder: String {
    let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: own ?? CommandLine.arguments[0]).deletingLastPathComponent().path
  }
}
