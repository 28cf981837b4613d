internal import CCrypto

/// OpenSSL's libcrypto as a whole: every room that calls it asks for this first.
package enum Libcrypto {
  /// Whether it has begun; without its own clean-up at the end of the process.
  ///
  /// `exit` runs that clean-up while the threads of the concurrency pool live, which nobody joins: one
  /// that ends just then, or still hashes, finds its memory freed. The process's end frees it anyway,
  /// and libcrypto has no file to write then. Only the first call of all decides about it.
  package static let isReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
}
