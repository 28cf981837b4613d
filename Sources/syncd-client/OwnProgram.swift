import Deployment
import Foundation

/// The running program, and its start anew.
enum OwnProgram {
  /// Where it lies, links resolved.
  static var path: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }

  /// Puts another program in the place of this one, with the same arguments.
  ///
  /// - Throws: when it cannot be started; otherwise it does not come back.
  static func become(_ program: String) throws {
    var arguments = ([program] + CommandLine.arguments.dropFirst()).map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    // Both outlive the change: a shell that sees no child end would wait for ever.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    signal(SIGPIPE, SIG_DFL)
    execv(program, &arguments)
    throw ClientRefusal(
      description:
        "\(program) cannot be started: \(String(cString: strerror(errno))). Start it by hand."
    )
  }

  /// Starts the client anew where another start has installed another version meanwhile.
  static func giveWay(for client: InstalledClient) throws {
    let now = try? InstalledClient(of: path)
    // Without its own folder this version is gone.
    guard let now, now.failedVersion == nil || now.failedVersion == client.failedVersion else {
      return try become(client.startFile)
    }
  }
}
