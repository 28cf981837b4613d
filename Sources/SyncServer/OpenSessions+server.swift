import Bundler
import Foundation
package import Sessions

extension OpenSessions {
  /// The sessions of a server that runs in this account.
  package convenience init(
    ofServerWith limits: SessionLimits = SessionLimits(),
    semantics: SessionSemantics = .v21,
    clock: any SessionClock = SystemSessionClock(),
    store: (any SessionStore)? = nil,
    passcodes: any PasscodeStore = EmbeddedPasscodes(),
    listener: (any SessionListener)? = nil
  ) {
    self.init(
      semantics: semantics,
      limits: limits,
      server: .current,
      hash: { SHA256.digest(of: $0) },
      clock: clock,
      store: store,
      passcodes: passcodes,
      listener: listener
    )
  }

  /// Opens the session of a single-user application, whose user is "designer" as in 4D
  /// (4d-domain §9.2).
  package func openStandalone() {
    let own = ServerIdentity.current
    _ = openStandalone(
      ServerIdentity(
        userName: "designer",
        machineName: own.machineName,
        systemUserName: own.systemUserName
      )
    )
  }
}

extension ServerIdentity {
  /// This account on this machine.
  fileprivate static var current: ServerIdentity {
    let account = AccountName.of(geteuid())
    return ServerIdentity(
      userName: account,
      machineName: ProcessInfo.processInfo.hostName,
      systemUserName: account
    )
  }
}
