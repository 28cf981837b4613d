import Foundation
import SyncServer
import Testing

/// The operator's own pair, and its replacement while the server runs.
@Suite(.timeLimit(.minutes(3)), .enabled(if: Tool.hasPeers)) struct CertificateTests {
  private func withPair(
    _ body: (_ folder: String, _ source: CertificateSource) async throws -> Void
  ) async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await Tool.makePair(in: folder)
    try await body(
      folder,
      .files(certificate: folder + "/cert.pem", key: folder + "/key.pem")
    )
  }

  /// Why a server with this pair does not start.
  private func failure(_ source: CertificateSource) async throws -> String {
    let error = await #expect(throws: ServerError.self) {
      try await TLSTests.serve({ $0.certificates = source }) { _ in }
    }
    #expect(error?.code == .certificateUnusable)
    return error?.message ?? ""
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o660])
  func aKeyThatOthersCanReadIsRefused(mode: Int) async throws {
    try await withPair { folder, source in
      chmod(folder + "/key.pem", mode_t(mode))
      let message = try await failure(source)
      #expect(message.hasSuffix("can be read by other accounts: chmod 600 it."))
    }
  }

  @Test func whatIsNoPairIsRefusedByName() async throws {
    try await withPair { folder, source in
      try await Tool.makePair(in: folder + "/other")
      let cert = folder + "/cert.pem"
      let other = CertificateSource.files(certificate: cert, key: folder + "/other/key.pem")
      #expect(try await failure(other).contains("is not the key of"))
      let none = CertificateSource.files(certificate: cert, key: folder + "/none.pem")
      #expect(try await failure(none).contains("none.pem cannot be read"))
      chmod(cert, 0o600)
      let swapped = CertificateSource.files(certificate: folder + "/key.pem", key: cert)
      #expect(try await failure(swapped).contains("key.pem holds no certificate"))
      _ = try await Tool.run(
        "openssl",
        ["pkey", "-in", folder + "/key.pem", "-aes128", "-passout", "pass:x"]
          + ["-out", folder + "/locked.pem"]
      )
      chmod(folder + "/locked.pem", 0o600)
      let locked = CertificateSource.files(certificate: cert, key: folder + "/locked.pem")
      #expect(try await failure(locked).contains("without a passphrase"))
    }
  }

  @Test func aReplacedPairIsTakenWhenBothFitAndTheOldOneStaysUntilThen() async throws {
    try await withPair { folder, source in
      try await Tool.makePair(in: folder + "/new", key: ["-newkey", "rsa:2048"])
      try await TLSTests.serve({
        $0.certificates = source
        $0.certificateInterval = .milliseconds(20)
      }) { server in
        let old = server.server.keyFingerprint
        #expect(try await shown(server.port) == old)
        func replace(_ name: String) throws {
          try Data(contentsOf: URL(fileURLWithPath: "\(folder)/new/\(name)"))
            .write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        try replace("cert.pem")
        // Many looks at half a pair.
        for _ in 0..<5 { #expect(try await shown(server.port) == old) }
        try replace("key.pem")
        chmod(folder + "/key.pem", 0o600)
        let limit = ContinuousClock().now.advanced(by: .seconds(60))
        while server.server.keyFingerprint == old, ContinuousClock().now < limit {
          await Task.yield()
        }
        let new = server.server.keyFingerprint
        #expect(new != old)
        #expect(try await shown(server.port) == new)
      }
    }
  }

  /// The fingerprint of the key that openssl is shown.
  private func shown(_ port: Int) async throws -> String {
    try await Tool.run("python3", ["-I", "-c", Self.fingerprint, "\(port)"])
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let fingerprint = """
    import hashlib, subprocess, sys
    def run(*words, given=b''):
        return subprocess.run(['/usr/bin/openssl', *words], input=given, capture_output=True).stdout
    shown = run('s_client', '-connect', '127.0.0.1:' + sys.argv[1])
    key = run('x509', '-noout', '-pubkey', given=shown)
    print(hashlib.sha256(run('pkey', '-pubin', '-outform', 'DER', given=key)).hexdigest())
    """
}
