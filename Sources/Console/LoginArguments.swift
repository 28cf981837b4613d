package import ArgumentParser
import Foundation
import ProjectModel
package import SyncClient
import SyncProtocol

/// The user that a client opens a session for.
package struct LoginArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A user of the project, where it asks for one; the one of the .4DLink if left out.",
      valueName: "name"
    )
  )
  package var user: String?

  @Option(
    help: ArgumentHelp(
      "A file with the user's password, readable by this account alone.",
      valueName: "file"
    )
  )
  package var passwordFile: String?

  package init() {}

  package func validate() throws {
    guard passwordFile == nil || user != nil else {
      throw ValidationError("--password-file needs --user.")
    }
  }

  /// Who is named, here or by the link.
  package func userName(for target: ServerTarget) -> String? {
    (user ?? target.link?[.userName]).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What to open a session with; without a user where nobody is named.
  ///
  /// With the project folder the session asks for the development mode. `persistentID` tells this
  /// client from others, from one session to the next.
  package func login(
    for target: ServerTarget,
    projectFolder: String?,
    persistentID: String?
  ) throws -> ClientLogin {
    let named = userName(for: target)
    guard named != nil || projectFolder == nil else {
      throw ValidationError("The development mode is for a user: add --user and --password-file.")
    }
    let password = try passwordFile.map(Self.read) ?? (user == nil ? target.link?[.password] : nil)
    let request = SessionRequest(
      client: "syncd \(Version.text)",
      api: Hello.supportedAPI,
      machineName: ProcessInfo.processInfo.hostName,
      systemUserName: NSUserName(),
      hostType: "linux",
      persistentID: persistentID,
      user: named,
      password: named.map { _ in password ?? "" },
      development: projectFolder == nil ? nil : true
    )
    return ClientLogin(request, projectFolder: projectFolder)
  }

  /// The first line of the file.
  private static func read(_ path: String) throws -> String {
    let rights = try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    guard let rights, let content = FileManager.default.contents(atPath: path) else {
      throw ValidationError("The password file \(path) cannot be read.")
    }
    guard rights & 0o077 == 0 else {
      throw ValidationError("Others can read the password file \(path): chmod 600 it first.")
    }
    return String(decoding: content.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
  }
}
