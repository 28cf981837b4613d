import ArgumentParser
import Foundation
import ProjectHost
import ProjectModel
import SyncClient
import SyncServer

/// The exit statuses that scripts may rely on.
enum ExitStatus: Int32 {
  case done = 0
  case failed = 1
  case usage = 2
  case noServer = 3
  case refused = 4

  /// The status for an error of a command that ran.
  init(for error: any Error) {
    switch error {
    case let error as ClientError:
      switch error.code {
      case .noServer: self = .noServer
      case .refused, .dropped, .untrusted: self = .refused
      case .connection, .verification, .localFile: self = .failed
      }
    case let error as ServerError: self = error.code == .passwordMissing ? .refused : .failed
    case let error as ApplicationKeyFailure where error.isUsage: self = .usage
    case let error as HostError: self = error.code == .alreadyServed ? .refused : .failed
    default: self = .failed
    }
  }

  /// What a command throws when it has said already what is wrong.
  static func leave(_ status: ExitStatus) -> ExitCode { ExitCode(status.rawValue) }
}
