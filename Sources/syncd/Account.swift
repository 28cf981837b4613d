import Foundation
import ProjectHost

/// The account that runs a command, as its environment says it.
enum Account {
  static var stateHome: String? { ProcessInfo.processInfo.environment["XDG_STATE_HOME"] }

  /// `HOME`, where it is an absolute path, or what the system knows.
  static var home: String {
    ProcessInfo.processInfo.environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? FileManager.default.homeDirectoryForCurrentUser.path
  }

  /// A file of what belongs to the account and to no project: recents, pinned keys.
  static func state(_ name: String) -> String {
    SystemFolder.base(stateHome: stateHome, home: home) + "/syncd/" + name
  }
}
