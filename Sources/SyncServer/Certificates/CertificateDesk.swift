import Glibc
import Logging
import NIOSSL
import Synchronization

/// The pair in use, and its replacement when its files change.
final class CertificateDesk: Sendable {
  /// What a new connection is set up with.
  struct Current: Sendable {
    let pair: CertificatePair
    let rules: RequestGuard
  }

  private typealias Stamps = [PrivateFile.Stamp?]

  private let source: CertificateSource
  private let makeRules: @Sendable (_ names: [String]) -> RequestGuard
  private let logger: Logger
  private let state: Mutex<Current>
  /// The files as they were when the first pair was read.
  private let first: Stamps

  /// Reads the pair; a generated one is made first.
  ///
  /// `makeRules` makes the rules for requests from the certificate's names.
  ///
  /// - Throws: `ServerError` when there is no usable pair.
  init(
    _ source: CertificateSource,
    machine: MachineNames,
    logger: Logger,
    makeRules: @escaping @Sendable ([String]) -> RequestGuard
  ) throws(ServerError) {
    if case .generated = source { try GeneratedPair.prepare(source, for: machine) }
    self.source = source
    self.logger = logger
    self.makeRules = makeRules
    first = Self.stamps(of: source)
    let pair = try Self.load(source)
    state = Mutex(Current(pair: pair, rules: makeRules(pair.names)))
    warn(of: pair)
  }

  var current: Current { state.withLock { $0 } }

  /// Looks for changed files, until cancelled.
  ///
  /// The old pair stays while the new one is unusable.
  func watch(every interval: Duration) async {
    var loaded = first
    // Files are replaced one after the other: what does not fit yet gets one more interval.
    var doubted: Stamps?
    while (try? await Task.sleep(for: interval)) != nil {
      let found = Self.stamps(of: source)
      guard found != loaded else { continue }
      do {
        let pair = try Self.load(source)
        state.withLock { $0 = Current(pair: pair, rules: makeRules(pair.names)) }
        (loaded, doubted) = (found, nil)
        logger.notice("The certificate was replaced", metadata: ["file": "\(source.certificate)"])
        warn(of: pair)
      } catch  where doubted == found {
        loaded = found
        logger.warning(
          "The changed certificate is not used, the one before stays",
          metadata: ["reason": "\(error)"]
        )
      } catch {
        doubted = found
      }
    }
  }

  /// Clients that have pinned the key still come; it may be what the operator wants.
  private func warn(of pair: CertificatePair) {
    guard pair.notAfter < time(nil) else { return }
    logger.warning(
      "The certificate has expired: clients that ask an authority refuse it",
      metadata: ["file": "\(source.certificate)"]
    )
  }

  private static func stamps(of source: CertificateSource) -> Stamps {
    [source.certificate, source.key].map { PrivateFile.stamp($0) }
  }

  private static func load(_ source: CertificateSource) throws(ServerError) -> CertificatePair {
    var path = source.key
    do {
      let key = try PrivateFile.read(path, isSecret: true)
      path = source.certificate
      let certificate = try PrivateFile.read(path, isSecret: false)
      return try CertificatePair(certificate: certificate, key: key, source: source)
    } catch let error as PrivateFile.Failure {
      throw ServerError(.certificateUnusable, "\(path) \(error.reason).")
    } catch let error as ServerError {
      throw error
    } catch {
      throw ServerError(.certificateUnusable, "\(path) cannot be used: \(error).")
    }
  }
}
