import Bundler
import CCrypto

/// Keys and self-signed certificates by OpenSSL's libcrypto: the only C in this room.
///
/// It is linked for SHA-256 anyway, and NIOSSL can use a pair but not make one.
enum SelfSigned {
  /// libcrypto has no memory or no random bytes, or cannot read the key.
  struct Failure: Error {}

  private static let secondsPerDay = 86_400

  /// A new P-256 key in PEM.
  static func newKey() throws(Failure) -> [UInt8] {
    guard Libcrypto.isReady, let key = syncd_new_p256_key() else { throw Failure() }
    defer { EVP_PKEY_free(key) }
    return try pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  /// A certificate in PEM that a key signs for itself.
  ///
  /// `names` are DNS names of letters, digits, dots and hyphens, `addresses` numeric ones.
  static func certificate(
    key pem: [UInt8],
    names: [String],
    addresses: [String],
    days: Int
  ) throws(Failure) -> [UInt8] {
    guard let key = privateKey(pem) else { throw Failure() }
    defer { EVP_PKEY_free(key) }
    guard let certificate = X509_new() else { throw Failure() }
    defer { X509_free(certificate) }
    let serial = UInt64.random(in: 1...UInt64(Int64.max))
    // Version 3 is written as 2. A day back, for clients whose clock is late.
    guard X509_set_version(certificate, 2) == 1,
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
      X509_gmtime_adj(X509_getm_notBefore(certificate), -secondsPerDay) != nil,
      X509_gmtime_adj(X509_getm_notAfter(certificate), days * secondsPerDay) != nil,
      X509_set_pubkey(certificate, key) == 1, setName(of: certificate)
    else { throw Failure() }
    let alternatives = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
    for (kind, value) in [
      (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, "serverAuth"),
      (NID_subject_alt_name, alternatives.joined(separator: ",")),
    ] {
      guard add(value, kind, to: certificate) else { throw Failure() }
    }
    guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw Failure() }
    return try Self.pem { PEM_write_bio_X509($0, certificate) }
  }

  /// The public key (SubjectPublicKeyInfo, DER) of a private one in PEM; `nil` when it is none.
  static func publicKey(of pem: [UInt8]) -> [UInt8]? {
    guard let key = privateKey(pem) else { return nil }
    defer { EVP_PKEY_free(key) }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_PUBKEY(key, &bytes)
    guard count > 0, let bytes else { return nil }
    defer { CRYPTO_free(bytes, nil, 0) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }

  private static func setName(of certificate: OpaquePointer) -> Bool {
    let name = X509_get_subject_name(certificate)
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, "syncd", -1, -1, 0) == 1
      && X509_set_issuer_name(certificate, name) == 1
  }

  private static func add(_ value: String, _ kind: Int32, to certificate: OpaquePointer) -> Bool {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
    guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else { return false }
    defer { X509_EXTENSION_free(made) }
    return X509_add_ext(certificate, made, -1) == 1
  }

  private static func privateKey(_ pem: [UInt8]) -> OpaquePointer? {
    pem.withUnsafeBytes { bytes in
      guard Libcrypto.isReady,
        let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
      else {
        return nil
      }
      defer { BIO_free(bio) }
      // An empty passphrase: without one libcrypto would ask the terminal.
      var passphrase: CChar = 0
      return PEM_read_bio_PrivateKey(bio, nil, nil, &passphrase)
    }
  }

  private static func pem(_ write: (OpaquePointer) -> Int32) throws(Failure) -> [UInt8] {
    guard let bio = BIO_new(BIO_s_mem()) else { throw Failure() }
    defer { BIO_free(bio) }
    var bytes: UnsafeMutablePointer<CChar>?
    guard write(bio) == 1 else { throw Failure() }
    let count = syncd_bio_bytes(bio, &bytes)
    guard count > 0, let bytes else { throw Failure() }
    return UnsafeRawBufferPointer(start: bytes, count: count).map(\.self)
  }
}
