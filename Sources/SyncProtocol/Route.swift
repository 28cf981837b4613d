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
  package static let reload = "/v1/reload"
  package static let status = "/v1/status"
  package static let live = "/v1/health/live"
  package static let ready = "/v1/health/ready"
  package static let metrics = "/metrics"
}
