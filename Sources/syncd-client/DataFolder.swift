import Bundler
import Console
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// Where a client keeps what it fetches and remembers: `$XDG_DATA_HOME/<name>/`.
struct DataFolder: Sendable {
  let path: String
  private let project: String

  /// Makes the folder.
  ///
  /// - Throws: `ClientError` with code `localFile`.
  init(of application: ClientApplication) throws(ClientError) {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let base =
      environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (home ?? FileManager.default.homeDirectoryForCurrentUser.path) + "/.local/share"
    path = "\(base)/\(application.dataFolder)"
    project = application.project
    do {
      try FileManager.default.createDirectory(
        atPath: path,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
      )
    } catch {
      throw ClientError(.localFile, "\(path) cannot be made: \(error.localizedDescription)")
    }
  }

  /// The project as the server has it.
  var bundle: String { "\(path)/\(project).4dz" }
  var knownServers: String { path + "/known-servers.json" }
  var recents: String { path + "/recents.json" }

  /// Without it a session is the same; a file that cannot be written keeps nobody from connecting.
  var persistentID: String? {
    do throws(ClientError) { return try PersistentID(path: path + "/client-id").text() } catch {
      Terminal.complain("\(error)")
      return nil
    }
  }

  /// Where an update is fetched to; what came of it so far is beside it.
  var update: String { path + "/update.4darchive" }

  private var lastServerFile: String { "\(path)/\(LastServer.fileName)" }

  /// The last server that worked; `nil` where none is known.
  var lastServer: LastServer? {
    FileManager.default.contents(atPath: lastServerFile).flatMap { LastServer(reading: Array($0)) }
  }

  /// Notes a server that works; that it cannot be noted keeps nobody from working with it.
  func remember(_ target: ServerTarget, of application: ClientApplication) {
    let server = LastServer(
      name: application.publishName,
      address: target.address.description
    )
    guard server != lastServer, let text = server.text else { return }
    do {
      try SmallFile.replace(lastServerFile, with: Array(text.utf8), mode: 0o600)
    } catch {
      Terminal.complain("\(lastServerFile) cannot be written: \(error.reason).")
    }
  }
}
