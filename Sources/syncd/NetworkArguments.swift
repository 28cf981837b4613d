import ArgumentParser
import Foundation
import ProjectHost
import SyncServer

/// What `serve` is told about clients on other machines.
struct NetworkArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The certificate for TLS in PEM, with its chain; cert.pem beside the Project folder if there "
        + "is one, else a generated one.",
      valueName: "file"
    )
  )
  var certificate: String?

  @Option(
    help: ArgumentHelp(
      "The certificate's key in PEM, readable by this account alone; key.pem beside the Project "
        + "folder if there is one.",
      valueName: "file"
    )
  )
  var key: String?

  @Flag(help: "Speak TLS on loopback too, with all that belongs to it: for a tunnel's end.")
  var tls = false

  @Flag(help: "Listen off loopback although the Designer has no password: everybody may read.")
  var allowAnonymous = false

  @Option(
    help: ArgumentHelp(
      "A further name, with or without a port, that clients call this server by; repeatable.",
      valueName: "name"
    )
  )
  var allowHost: [String] = []

  @Option(
    help: ArgumentHelp(
      "An origin, https://HOST[:PORT], whose web pages may ask this server; repeatable.",
      valueName: "origin"
    )
  )
  var allowOrigin: [String] = []

  @Option(help: ArgumentHelp("TCP connections that one address may have.", valueName: "number"))
  var maxConnectionsPerAddress = ConnectionLimits().perAddress

  @Option(help: ArgumentHelp("TCP connections there may be at all.", valueName: "number"))
  var maxConnections = ConnectionLimits().total

  func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--certificate and --key belong together: name both, or none.")
    }
    guard maxConnections > 0, maxConnectionsPerAddress > 0 else {
      throw ValidationError("A limit of connections is at least 1.")
    }
    for origin in allowOrigin {
      guard let url = URL(string: origin), ["http", "https"].contains(url.scheme),
        url.host() != nil, url.path().isEmpty, url.query() == nil, url.user() == nil
      else {
        throw ValidationError("'\(origin)' is no origin: write https://HOST or https://HOST:PORT.")
      }
    }
  }

  /// Puts what was said into the server's configuration.
  func configure(
    _ configuration: inout ServerConfiguration,
    for location: ProjectLocation,
    in folder: SystemFolder
  ) {
    configuration.certificates = source(location, folder)
    configuration.alwaysSpeaksTLS = tls
    configuration.allowsAnonymous = allowAnonymous
    configuration.allowedHosts = allowHost
    configuration.allowedOrigins = allowOrigin
    configuration.limits.perAddress = maxConnectionsPerAddress
    configuration.limits.total = maxConnections
    configuration.limits.fitOpenFiles()
  }

  /// The named pair; the one where 4D looks for it (4d-domain §7.6); a generated one.
  private func source(_ location: ProjectLocation, _ folder: SystemFolder) -> CertificateSource {
    if let certificate, let key { return .files(certificate: certificate, key: key) }
    let pair = (certificate: location.root + "/cert.pem", key: location.root + "/key.pem")
    // One of the two is enough to be meant: the missing one is then told.
    if [pair.certificate, pair.key].contains(where: FileManager.default.fileExists(atPath:)) {
      return .files(certificate: pair.certificate, key: pair.key)
    }
    return .generated(certificate: folder.certificate, key: folder.certificateKey)
  }
}
