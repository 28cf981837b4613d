import ArgumentParser
import Foundation
import SyncClient
import SyncProtocol

/// How a command decides whether a server on another machine is the one that is meant.
struct TrustArguments: ParsableArguments {
  @Flag(help: "Speak TLS on loopback too, as through a tunnel; elsewhere it is always spoken.")
  var tls = false

  @Option(
    help: ArgumentHelp(
      "The SHA-256 fingerprint of a key to accept in place of the one that is pinned.",
      valueName: "fingerprint"
    )
  )
  var acceptKey: String?

  func validate() throws {
    guard let acceptKey else { return }
    guard acceptKey.utf8.count == 64, acceptKey.allSatisfy(\.isHexDigit) else {
      throw ValidationError("'\(acceptKey)' is no fingerprint: it has 64 hexadecimal digits.")
    }
  }

  /// The system's authorities (or those of SSL_CERT_FILE, as other programs have it), then the pins
  /// of this account.
  private func trust(_ pinned: @escaping @Sendable (ServerAddress, String) -> Void) -> ServerTrust {
    let environment = ProcessInfo.processInfo.environment
    var trust = ServerTrust(knownServers: KnownServers(path: Account.state("known-servers.json")))
    trust.isForced = tls
    trust.acceptedKey = acceptKey?.lowercased()
    trust.authorities = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    trust.pinned = pinned
    return trust
  }

  /// For looking servers up; a key that is seen there for the first time is not taken for known.
  var lookups: NetworkLookups {
    NetworkLookups(recents: ServerArguments.recents, trust: trust { _, _ in })
  }

  /// Connects to the server that was meant and asks who is there; `pinned` is told of a key that is
  /// accepted unseen, once the server has shown that it speaks as syncd does.
  func greet(
    _ target: ServerTarget,
    _ pinned: @escaping @Sendable (ServerAddress, String) -> Void
  ) async throws -> (connection: ServerConnection, hello: Hello) {
    var trust = trust(pinned)
    if target.usesTLS { trust.isForced = true }
    if let formerly = target.formerly { trust = try trust.following(from: formerly) }
    trust.holdPins()
    let connection = ServerConnection(.tcp(target.address), trust: trust)
    let hello = try await connection.hello()
    try trust.pinHeld()
    return (connection, hello)
  }
}
