package import SyncProtocol

/// How a server is reached.
package enum Endpoint: Hashable, Sendable {
  case tcp(ServerAddress)
  /// The path of a unix socket: the same machine.
  case unixSocket(String)

  /// The value of the `Host` field.
  var hostField: String {
    switch self {
    case .tcp(let address): address.description
    case .unixSocket: "localhost"
    }
  }
}

extension Endpoint {
  /// What to say when nobody answers.
  var silence: String {
    switch self {
    case .tcp(let address):
      "No server answers at \(address): start one there with `syncd serve`, or check the address."
    case .unixSocket(let path):
      "No server runs for this project: start one with `syncd serve` (its socket would be \(path))."
    }
  }
}

extension Endpoint: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tcp(let address): address.description
    case .unixSocket(let path): path
    }
  }
}
