import ArgumentParser
import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import SyncServer

/// What `serve` is told about browsers.
struct WebArguments: ParsableArguments {
  private static let port = 8080

  @Option(
    help: ArgumentHelp(
      "Serve the project's web folder on this address too, and answer the questions of proxies; "
        + "port \(port) if left out. Off loopback it speaks TLS.",
      valueName: "host:port"
    )
  )
  var webListen: String?

  @Option(
    help: ArgumentHelp("The web folder; WebFolder in the project if left out.", valueName: "dir")
  )
  var webFolder: String?

  @Option(
    help: ArgumentHelp(
      "A file that says which path needs which privilege; without one every path is open.",
      valueName: "file"
    )
  )
  var webRules: String?

  @Option(
    help: ArgumentHelp(
      "The name in the cookie, 4DSID_<name>; the project's if left out.",
      valueName: "name"
    )
  )
  var webName: String?

  @Option(
    help: ArgumentHelp(
      "The address of a proxy on another machine whose X-Forwarded fields count; repeatable.",
      valueName: "address"
    )
  )
  var webProxy: [String] = []

  func validate() throws {
    if let webListen, ServerAddress(webListen) == nil {
      throw ValidationError("'\(webListen)' is no address to listen on: write host:port.")
    }
    for address in webProxy where IPAddress(address) == nil {
      throw ValidationError("'\(address)' is no address for --web-proxy: write a number.")
    }
    if webName?.isEmpty == true { throw ValidationError("--web-name needs a name.") }
    let others = [webFolder, webRules, webName].compactMap(\.self) + webProxy
    guard webListen != nil || others.isEmpty else {
      throw ValidationError("The options --web-… need --web-listen, which turns browsers on.")
    }
  }

  /// How browsers are served; `nil` for not at all.
  ///
  /// - Throws: for a folder with the project's own files: its code, and its users' password hashes;
  ///   for a link in the place of the project's own.
  func configuration(
    for location: ProjectLocation,
    named name: String,
    in state: SystemFolder,
    data: String?
  ) throws -> WebConfiguration? {
    guard let address = webListen.flatMap({ ServerAddress($0, defaultPort: Self.port) }) else {
      return nil
    }
    let folder = webFolder.map(Self.path) ?? location.root + "/WebFolder"
    let own =
      ["Project", "Settings", "Data"].map { location.root + "/" + $0 }
      + [state.path, location.archive, data].compactMap(\.self)
    let bounds = WebBounds(hidden: own, isNamed: webFolder != nil)
    if let objection = bounds.objection(to: folder) {
      throw ValidationError("\(folder) is no web folder: \(objection).")
    }
    var configuration = WebConfiguration(
      address: address,
      folder: folder,
      name: webName ?? name
    )
    configuration.bounds = bounds
    configuration.rules = webRules.map(Self.path)
    configuration.proxies = webProxy
    return configuration
  }

  private static func path(_ text: String) -> String {
    URL(filePath: text).standardizedFileURL.path
  }
}
