import ArgumentParser
import Console
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// What the commands of remote clients share: how a server is named, and the recent ones.
enum ServerArguments {
  static let help =
    "The server: host[:port] (port \(Route.defaultPort) if left out), a .4DLink file, "
    + "the name it is published under, or a recent server's label."

  static func check(_ name: String) throws {
    if name.isEmpty { throw ValidationError("Name a server: host[:port], a .4DLink or its name.") }
  }

  static var recents: RecentsFile { RecentsFile(path: Account.state("recents.json")) }

  /// Without it a session is the same; a file that cannot be written keeps nobody from connecting.
  static var persistentID: String? {
    do throws(ClientError) {
      return try PersistentID(path: Account.state("client-id")).text()
    } catch {
      Terminal.complain("\(error)")
      return nil
    }
  }

  static func resolve(_ name: String, with lookups: NetworkLookups) async throws -> ServerTarget {
    let target = try await ServerName(name).resolve(with: lookups)
    if case .link(let link) = target.source, link[.md5Password] != nil {
      Terminal.complain(
        "The link's md5_password is not used: a stored hash is never taken for a password; "
          + "name the user and a password file."
      )
    }
    return target
  }

  /// Notes a server that answered; a list that cannot be written keeps nobody from connecting.
  static func remember(
    _ target: ServerTarget,
    as label: String?,
    overTLS usesTLS: Bool,
    answering hello: Hello
  ) {
    let time = Date().formatted(.iso8601)
    do throws(ClientError) {
      try recents.change { list in
        list.record(
          label: label,
          suggestion: suggestion(target),
          project: hello.project,
          serverID: hello.serverID,
          address: target.address,
          usesTLS: usesTLS,
          at: time
        )
      }
    } catch {
      Terminal.complain("\(error)")
    }
  }

  /// A link's own name is what its owner calls the project.
  private static func suggestion(_ target: ServerTarget) -> String? {
    if case .link = target.source { target.name } else { nil }
  }
}
