/// Where a server's certificate and key come from.
package enum CertificateSource: Hashable, Sendable {
  /// Two PEM files: the certificate with its chain, and its key without a passphrase.
  case files(certificate: String, key: String)
  /// A self-signed pair that the server keeps in a private folder; it is made when it is missing.
  case generated(folder: String)

  var certificate: String {
    switch self {
    case .files(let certificate, _): certificate
    case .generated(let folder): folder + "/tls-cert.pem"
    }
  }

  var key: String {
    switch self {
    case .files(_, let key): key
    case .generated(let folder): folder + "/tls-key.pem"
    }
  }
}
