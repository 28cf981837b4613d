/// The paths of the HTTP API, the same on TCP and on the unix socket.
package enum Route {
  /// The port that servers publish on unless told otherwise (4D's own default).
  package static let defaultPort = 19813

  package static let hello = "/v1/hello"
  package static let events = "/v1/events"
  package static let generations = "/v1/generations"
  package static let currentGeneration = "/v1/generations/current"
  package static let manifests = "/v1/manifests"
  package static let bundles = "/v1/bundles"
  /// `/v1/deltas/{from}/{to}`.
  package static let deltas = "/v1/deltas"
  package static let reload = "/v1/reload"
  /// The save-all.
  package static let barriers = "/v1/barriers"
  /// Where a save-all that met its deadline goes on waiting.
  package static let barrierWait = "/v1/barriers/wait"
  package static let currentInventory = "/v1/generations/current/inventory"
  package static let catalog = "/v1/catalog"
  package static let catalogOperations = "/v1/catalog/ops"
  package static let directory = "/v1/directory"
  package static let directoryOperations = "/v1/directory/ops"
  package static let locks = "/v1/locks"
  package static let proof = "/v1/proof"
  /// The pairing of a merged application's client with its server.
  package static let pairing = "/v1/pairing"
  /// `/v1/updates/{digest}`: the client programs that a server holds.
  package static let updates = "/v1/updates"
  package static let sessions = "/v1/sessions"
  package static let ownSession = "/v1/sessions/self"
  /// Every session with its processes.
  package static let activity = "/v1/activity"
  /// `PUT`: the generation that the session stays on.
  package static let ownGeneration = "/v1/sessions/self/generation"
  package static let ownSleep = "/v1/sessions/self/sleep"
  /// Further connections of a session.
  package static let ownConnections = "/v1/sessions/self/connections"
  package static let ownDevelopment = "/v1/sessions/self/development"
  package static let clients = "/v1/clients"
  package static let clientMessages = "/v1/clients/messages"
  package static let clientAdmission = "/v1/clients/admission"
  package static let status = "/v1/status"
  package static let live = "/v1/health/live"
  package static let ready = "/v1/health/ready"
  package static let metrics = "/metrics"
}
