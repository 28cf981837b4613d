import Bundler
import Foundation
package import Sessions

extension OpenSessions {
  /// The sessions of a server that runs in this account.
  package convenience init(
    ofServerWith limits: SessionLimits = SessionLimits(),
    semantics: SessionSemantics = .v21,
    listener: (any SessionListener)? = nil
  ) {
    let account = AccountName.of(geteuid())
    self.init(
      semantics: semantics,
      limits: limits,
      server: ServerIdentity(
        userName: account,
        machineName: ProcessInfo.processInfo.hostName,
        systemUserName: account
      ),
      hash: { SHA256.digest(of: $0) },
      listener: listener
    )
  }
}
