import Bundler
import CCrypto

/// Certificates in PEM, read by OpenSSL's libcrypto.
enum Certificates {
  enum Failure: Error {
    /// Something is between the marks of a certificate, or missing, that libcrypto does not read.
    case damaged
    /// There is none.
    case missing
    /// There is a private key, which is not for giving away.
    case privateKey
  }

  /// The certificates of a file, written anew: what else is in it stays out.
  static func only(in file: [UInt8]) throws(Failure) -> [UInt8] {
    let text = String(decoding: file, as: UTF8.self)
    guard !text.contains("PRIVATE KEY-----") else { throw .privateKey }
    let count = text.ranges(of: "-----BEGIN CERTIFICATE-----").count
    guard count > 0 else { throw .missing }
    guard let bytes = file.withUnsafeBytes({ copy(count, from: $0) }) else { throw .damaged }
    return bytes
  }

  /// `nil` when it is another number of certificates that can be read.
  private static func copy(_ count: Int, from file: UnsafeRawBufferPointer) -> [UInt8]? {
    guard Libcrypto.isReady, let size = Int32(exactly: file.count),
      let source = BIO_new_mem_buf(file.baseAddress, size)
    else { return nil }
    defer { BIO_free(source) }
    guard let target = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(target) }
    var read = 0
    // An empty passphrase: without one libcrypto would ask the terminal.
    var passphrase: CChar = 0
    while let certificate = PEM_read_bio_X509(source, nil, nil, &passphrase) {
      defer { X509_free(certificate) }
      guard PEM_write_bio_X509(target, certificate) == 1 else { return nil }
      read += 1
    }
    var bytes: UnsafeMutablePointer<CChar>?
    let length = syncd_bio_bytes(target, &bytes)
    guard read == count, length > 0, let bytes else { return nil }
    return UnsafeRawBufferPointer(start: bytes, count: length).map(\.self)
  }
}
