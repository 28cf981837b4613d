/// Where a server's certificate and key come from.
package enum CertificateSource: Hashable, Sendable {
  /// Two PEM files: the certificate with its chain, and its key without a passphrase.
  case files(certificate: String, key: String)
  /// A self-signed pair that the server keeps in a private folder; it is made when it is missing.
  case generated(certificate: String, key: String)

  var certificate: String {
    switch self {
    case .files(let certificate, _), .generated(let certificate, _): certificate
    }
  }

  var key: String {
    switch self {
    case .files(_, let key), .generated(_, let key): key
    }
  }
}
