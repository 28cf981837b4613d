import Bundler
import CCrypto

/// Signatures with Ed25519 by OpenSSL's libcrypto, keys in PEM.
enum Ed25519 {
  /// libcrypto has no memory or no random bytes, or the key is none.
  struct Failure: Error {}

  private static let signatureBytes = 64

  /// A new private key.
  static func newKey() throws(Failure) -> [UInt8] {
    guard Libcrypto.isReady, let key = syncd_new_ed25519_key() else { throw Failure() }
    defer { EVP_PKEY_free(key) }
    return try pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  /// The public half of a private key.
  static func publicKey(of privateKey: [UInt8]) throws(Failure) -> [UInt8] {
    let key = try read(privateKey, isPrivate: true)
    defer { EVP_PKEY_free(key) }
    return try pem { PEM_write_bio_PUBKEY($0, key) }
  }

  static func signature(of message: [UInt8], privateKey: [UInt8]) throws(Failure) -> [UInt8] {
    let key = try read(privateKey, isPrivate: true)
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { throw Failure() }
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: signatureBytes)
    var count = signature.count
    // Ed25519 takes the message itself: no digest is named.
    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
      count == signatureBytes
    else { throw Failure() }
    return signature
  }

  /// Whether the owner of the key has signed the message.
  static func isValid(
    _ signature: [UInt8],
    of message: [UInt8],
    publicKey: [UInt8]
  ) throws(Failure) -> Bool {
    let key = try read(publicKey, isPrivate: false)
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { throw Failure() }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { throw Failure() }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  private static func read(_ pem: [UInt8], isPrivate: Bool) throws(Failure) -> OpaquePointer {
    let key = pem.withUnsafeBytes { bytes -> OpaquePointer? in
      guard Libcrypto.isReady,
        let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
      else {
        return nil
      }
      defer { BIO_free(bio) }
      // An empty passphrase: without one libcrypto would ask the terminal.
      var passphrase: CChar = 0
      return isPrivate
        ? PEM_read_bio_PrivateKey(bio, nil, nil, &passphrase)
        : PEM_read_bio_PUBKEY(bio, nil, nil, &passphrase)
    }
    guard let key else { throw Failure() }
    guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
      EVP_PKEY_free(key)
      throw Failure()
    }
    return key
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
