import Bundler
import Console
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// Where a client keeps what it fetches and remembers: `$XDG_DATA_HOME/<name>/`.
struct DataFolder: Sendable {
  let path: String
  private let application: ClientApplication

  /// Makes the folder.
  ///
  /// - Throws: `ClientError` with code `localFile`.
  init(of application: ClientApplication) throws(ClientError) {
    self.application = application
    path = "\(Self.base)/\(application.dataFolder)"
    let number = Self.make(path)
    guard number != 0 else { return }
    throw ClientError(
      .localFile,
      "\(path) cannot be made (\(String(cString: strerror(number)))): name a folder that this account "
        + "may write in XDG_DATA_HOME."
    )
  }

  /// Makes a folder and those above it.
  ///
  /// - Returns: 0, or the number of what went wrong.
  private static func make(_ path: String) -> Int32 {
    var made = ""
    for component in path.split(separator: "/") {
      made += "/" + component
      if mkdir(made, 0o700) != 0, errno != EEXIST { return errno }
    }
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return isThere && isFolder.boolValue ? 0 : ENOTDIR
  }

  private static var base: String {
    let environment = ProcessInfo.processInfo.environment
    func place(_ name: String) -> String? {
      environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let named = place("XDG_DATA_HOME") { return named }
    let home = place("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path
    return (home == "/" ? "" : home) + "/.local/share"
  }

  /// The project as the server has it.
  var bundle: String { "\(path)/\(application.project).4dz" }
  var knownServers: String { path + "/known-servers.json" }
  var recents: String { path + "/recents.json" }

  /// Without it a session is the same; a file that cannot be written keeps nobody from connecting.
  var persistentID: String? {
    do throws(ClientError) { return try PersistentID(path: path + "/client-id").text() } catch {
      Terminal.complain("\(error)")
      return nil
    }
  }

  /// What was fetched of an update.
  var update: FetchedUpdate { FetchedUpdate(at: path + "/update.4darchive") }

  /// A folder that `ClientServerSystemFolderName` names may be other applications' too.
  private var lastServerFile: String {
    let isOwn = application.dataFolder == application.name
    return isOwn ? commonServerFile : "\(path)/\(application.name)-\(LastServer.fileName)"
  }

  private var commonServerFile: String { "\(path)/\(LastServer.fileName)" }

  /// The last server that worked; `nil` where none is known.
  var lastServer: LastServer? {
    if let own = Self.server(in: lastServerFile) { return own }
    // From a version that had one file for all.
    let common = Self.server(in: commonServerFile)
    return common?.name == application.publishName ? common : nil
  }

  private static func server(in file: String) -> LastServer? {
    FileManager.default.contents(atPath: file).flatMap { LastServer(reading: Array($0)) }
  }

  /// Notes a server that works; that it cannot be noted keeps nobody from working with it.
  func remember(_ target: ServerTarget) {
    let server = LastServer(
      name: application.publishName,
      address: target.address.description
    )
    guard server != lastServer, let text = server.text else { return }
    do {
      try SmallFile.replace(lastServerFile, with: Array(text.utf8), mode: 0o600)
    } catch  where [ENOENT, EEXIST].contains(error.number) {
      // Another start of this client writes the same just now.
    } catch {
      Terminal.complain("\(lastServerFile) cannot be written: \(error.reason).")
    }
  }
}
