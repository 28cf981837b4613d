import ArgumentParser
import Console
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// `syncd link`: writes and reads 4D's shortcut files.
struct LinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "Writes a .4DLink to a server, or shows what one says.",
    discussion:
      "An address of a port alone (':\(Route.defaultPort)') with --name makes a link that "
      + "finds the server by its name."
  )

  @Argument(help: ArgumentHelp("\(ServerArguments.help)", valueName: "server"))
  var server: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The .4DLink to write.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The publication name to write; what the server says if left out.",
      valueName: "name"
    )
  )
  var name: String?

  @OptionGroup var trust: TrustArguments

  @Flag(help: "Print the link as JSON.")
  var json = false

  func validate() throws {
    try ServerArguments.check(server)
    guard output != nil || ServerName(server).isLink else {
      throw ValidationError("Name the file to write with -o, or a .4DLink to read.")
    }
    if let output, !ServerName(output).isLink {
      throw ValidationError("'\(output)' does not end in .4DLink, so 4D would not open it.")
    }
  }

  func run() async throws {
    guard let output else {
      return try show(try ServerName(server).link(with: trust.lookups))
    }
    let (name, path) = try await described()
    let link: DatabaseLink
    do throws(DatabaseLink.Failure) { link = try DatabaseLink(server: name, at: path) } catch {
      throw ClientError(.localFile, "The link cannot be written: \(error.text).")
    }
    try LinkFile.write(link.text, to: output)
    if json {
      try Terminal.say(json: Line(link))
    } else {
      Terminal.say("\(output): \(name) at \(path)")
    }
  }

  /// The name and the path that the link gets.
  private func described() async throws -> (name: String, path: String) {
    if server.hasPrefix(":") {
      guard let name else {
        throw ValidationError("A link without an address finds the server by its name: add --name.")
      }
      guard let address = ServerAddress("host" + server), address.port > 0 else {
        throw ValidationError("'\(server)' is no port.")
      }
      return (name, ":\(address.port)")
    }
    let target = try await ServerArguments.resolve(server, with: trust.lookups)
    let path = target.address.description
    if let name { return (name, path) }
    switch target.source {
    case .discovered(let found): return (found.publicationName, path)
    case .link(let link):
      if let name = link[.serverDatabaseName], !name.isEmpty { return (name, path) }
    case .address, .recent: break
    }
    let (_, hello) = try await trust.greet(target) { address, fingerprint in
      Terminal.complain(
        "\(address) is not vouched for by an authority; \(fingerprint) is pinned now."
      )
    }
    return (hello.project, path)
  }

  private func show(_ link: DatabaseLink) throws {
    if json { return try Terminal.say(json: Line(link)) }
    let unknown = Set(link.unknownItems.map(\.name))
    let rows = link.items.map { item in
      [item.name, Line.shown(item), unknown.contains(item.name) ? "(unknown, kept)" : ""]
    }
    for line in Table(["ATTRIBUTE", "VALUE"], rows).lines { Terminal.say(line) }
    Terminal.say("leads to: \(try destination(of: link))")
  }

  private func destination(of link: DatabaseLink) throws -> String {
    let destination: DatabaseLink.Destination
    do throws(DatabaseLink.Failure) { destination = try link.destination() } catch {
      throw ClientError(.localFile, "\(server) leads to no server: \(error.text).")
    }
    switch destination {
    case .local: return "a project on this machine"
    case .named(let name, let port):
      return "the server called '\(name)', found on port \(port ?? Route.defaultPort)"
    case .address(let path, _): return "the server at \(try ServerName(server).address(path))"
    }
  }

  private struct Line: Encodable {
    let attributes: [String: String]
    let unknown: [String]

    init(_ link: DatabaseLink) {
      attributes = Dictionary(
        link.items.map { ($0.name, Self.shown($0)) },
        uniquingKeysWith: { first, _ in first }
      )
      unknown = link.unknownItems.map(\.name)
    }

    /// Passwords and hashes are not for a screen or a log.
    static func shown(_ item: DatabaseLink.Item) -> String {
      DatabaseLink.Attribute(rawValue: item.name)?.isSecret == true ? "(not shown)" : item.value
    }
  }
}
