/// The moments at which an operator's programs run, where 4D calls its database methods
/// (4d-domain §9.7).
package enum HookName: String, Hashable, Sendable, CaseIterable {
  /// Once, before any client is let in.
  case serverStartup = "on-server-startup"
  /// Before a connection of a session is accepted; its exit status decides.
  case openConnection = "on-server-open-connection"
  /// Once for each connection that was accepted, when it has ended.
  case closeConnection = "on-server-close-connection"
  /// Once, when nobody is served any more.
  case serverShutdown = "on-server-shutdown"
}
