import Bundler
import Glibc
import NIOCore
import NIOSSL
import ProjectModel

/// A certificate with its key, ready for handshakes.
struct CertificatePair: Sendable {
  /// DNS names and numeric addresses that the certificate is for, wildcards included.
  let names: [String]
  /// SHA-256 of the public key (SubjectPublicKeyInfo): what clients pin, the same after a renewal.
  let fingerprint: String
  let notAfter: time_t
  let context: NIOSSLContext

  /// Reads a pair from PEM.
  ///
  /// - Throws: `ServerError` when one of them is unreadable or they do not belong together; `source`
  ///   names them in its sentence.
  init(certificate: [UInt8], key: [UInt8], source: CertificateSource) throws(ServerError) {
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), let leaf = chain.first,
      let publicKey = try? leaf.extractPublicKey().toSPKIBytes()
    else {
      throw ServerError(
        .certificateUnusable,
        "\(source.certificate) holds no certificate in PEM: put cert.pem there."
      )
    }
    guard let privateKey = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
      throw ServerError(
        .certificateUnusable,
        "\(source.key) holds no private key in PEM without a passphrase: put key.pem there."
      )
    }
    guard SelfSigned.publicKey(of: key) == publicKey,
      let context = try? NIOSSLContext(configuration: Self.configuration(chain, privateKey))
    else {
      throw ServerError(
        .certificateUnusable,
        "\(source.key) is not the key of \(source.certificate): replace both together."
      )
    }
    names = leaf._subjectAlternativeNames().compactMap(Self.name)
    fingerprint = SHA256.digest(of: publicKey).hex
    notAfter = leaf.notValidAfter
    self.context = context
  }

  /// TLS 1.2 and later with forward secrecy and authenticated encryption alone.
  private static func configuration(
    _ chain: [NIOSSLCertificate],
    _ key: NIOSSLPrivateKey
  ) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(key)
    )
    configuration.minimumTLSVersion = .tlsv12
    configuration.cipherSuiteValues = [
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    configuration.applicationProtocols = ["http/1.1"]
    // The time for a peer's own close_notify before the connection goes anyway.
    configuration.shutdownTimeout = .seconds(2)
    return configuration
  }

  private static func name(_ name: _SubjectAlternativeName) -> String? {
    let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
    switch name.nameType {
    case .dnsName: return String(decoding: bytes, as: UTF8.self).lowercased()
    case .ipAddress: return text(ofAddress: bytes)
    default: return nil
    }
  }

  private static func text(ofAddress bytes: [UInt8]) -> String? {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
