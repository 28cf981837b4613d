import Bundler
import NIOCore
import NIOPosix
import NIOSSL
import ProjectModel
import SyncProtocol
import Synchronization

/// Opens a connection with TLS to a server that may be trusted.
struct SecureConnection: Sendable {
  private enum Mode {
    /// The authorities vouch for the chain and for the host's name.
    case authorities
    /// The key is what is looked at: the names and times of its certificate say nothing more.
    case key
  }

  let address: ServerAddress
  let trust: ServerTrust
  let connectTimeout: TimeAmount

  /// Connects and shakes hands.
  ///
  /// A server with a pinned key is asked for that first: the authorities are asked when it shows
  /// another one.
  ///
  /// - Throws: `ClientError` with code `noServer`, `connection` or `untrusted`.
  func open() async throws -> any Channel {
    guard let servers = trust.knownServers else {
      return try await shakeHands(.authorities, KeySeen())
    }
    let pin = try servers.fingerprint(of: address)
    let seen = KeySeen()
    for mode in pin == nil ? [Mode.authorities, .key] : [.key, .authorities] {
      do {
        return try await shakeHands(mode, seen)
      } catch let error as ClientError where error.code == .untrusted {
        continue
      }
    }
    throw refusal(pin: pin, shown: seen.value)
  }

  private func shakeHands(
    _ mode: Mode,
    _ seen: KeySeen
  ) async throws -> any Channel {
    // A pinned key says who it is, whatever names its certificate has.
    let context = try trust.context(checksName: mode == .authorities)
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(connectTimeout)
    // Set on the connection's loop before anything is sent, read after the connection is made.
    let outcome = Mutex<EventLoopFuture<Void>?>(nil)
    let channel: any Channel
    do {
      channel = try await bootstrap.channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let tls = try self.handler(mode, context, seen)
          let promise = channel.eventLoop.makePromise(of: Void.self)
          outcome.withLock { $0 = promise.futureResult }
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(tls)
          try pipeline.addHandler(HandshakeHandler(promise))
        }
      }.connect(host: address.host, port: address.port).get()
    } catch {
      throw ClientError(.noServer, Endpoint.tcp(address).silence)
    }
    do {
      try await outcome.withLock { $0 }?.get()
      return channel
    } catch {
      channel.close(promise: nil)
      throw seen.failure ?? failure(error, mode)
    }
  }

  private func handler(
    _ mode: Mode,
    _ context: NIOSSLContext,
    _ seen: KeySeen
  ) throws -> NIOSSLClientHandler {
    // An address is never sent as the name that is asked for; NIOSSL then checks it as an address.
    let name = LoopbackHost.isNumeric(address.host) ? nil : address.host
    switch mode {
    case .authorities:
      return try NIOSSLClientHandler(context: context, serverHostname: name)
    case .key:
      return try NIOSSLClientHandler(context: context, serverHostname: name) { chain, verdict in
        verdict.succeed(self.isTrusted(chain, seen) ? .certificateVerified : .failed)
      }
    }
  }

  /// Judges the key that the server has; that it has the private half too is proven by the
  /// handshake itself.
  private func isTrusted(_ chain: [NIOSSLCertificate], _ seen: KeySeen) -> Bool {
    guard let servers = trust.knownServers,
      let key = try? chain.first?.extractPublicKey().toSPKIBytes()
    else { return false }
    let fingerprint = SHA256.digest(of: key).hex
    seen.value = fingerprint
    do {
      if let held = trust.heldPins {
        let known = try servers.fingerprint(of: address)
        if known != fingerprint, trust.acceptedKey ?? known ?? fingerprint == fingerprint {
          return held.take(fingerprint, of: address)
        }
      }
      switch try servers.judge(fingerprint, of: address, accepting: trust.acceptedKey) {
      case .known: return true
      case .pinned:
        trust.pinned(address, fingerprint)
        return true
      case .changed: return false
      }
    } catch {
      seen.failure = error
      return false
    }
  }

  private func failure(_ error: any Error, _ mode: Mode) -> ClientError {
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let stack))
    where stack.contains { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }:
      return untrusted
    case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate:
      return untrusted
    case let error as NIOSSLExtraError
    where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
      return untrusted
    default:
      return ClientError(
        .connection,
        "\(address) does not speak TLS as a syncd server does: check the address and the port."
      )
    }
  }

  private var untrusted: ClientError {
    ClientError(.untrusted, "No authority that this machine trusts vouches for \(address).")
  }

  private func refusal(pin: String?, shown: String?) -> ClientError {
    guard let shown else { return untrusted }
    if let former = trust.formerly {
      return ClientError(
        .untrusted,
        "\(address) shows the key \(shown), and the server that was at \(former) had another one: "
          + "somebody may stand in for it. If it has a new key, come with --accept-key \(shown)."
      )
    }
    guard let pin else {
      return ClientError(
        .untrusted,
        "\(address) shows the key \(shown), and --accept-key names another one: "
          + "ask whoever runs the server which it is."
      )
    }
    return ClientError(
      .untrusted,
      "\(address) shows the key \(shown), and \(pin) is pinned: somebody may stand in between. "
        + "If the server has a new key (its `syncd serve` prints it), come with "
        + "--accept-key \(shown)."
    )
  }
}

/// What a handshake showed, between its loop and whoever waits for it.
private final class KeySeen: Sendable {
  private let state = Mutex<(key: String?, failure: ClientError?)>((nil, nil))

  var value: String? {
    get { state.withLock { $0.key } }
    set { state.withLock { $0.key = newValue } }
  }

  var failure: ClientError? {
    get { state.withLock { $0.failure } }
    set { state.withLock { $0.failure = newValue } }
  }
}
