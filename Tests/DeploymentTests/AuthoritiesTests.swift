import Deployment
import Testing

/// What of the authorities' files goes to the clients.
@Suite(.timeLimit(.minutes(3))) struct AuthoritiesTests {
  private static let key = "CertificateAuthoritiesCertificates"

  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBiTCCAS+gAwIBAgIUDkrdUSmktu/OWollskB9lcSmbbwwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMjM1OTI4WhgPMjEy
    NjEwMjgyMzU5MjhaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEDLSLiucFjbCLosFipv/P75LUh+daT7GEheEYBIgf
    xebMisvlEEdL7NOaNFIc2u+n4Pcb1YZ41Hh2ATd7dYfYV6NTMFEwHQYDVR0OBBYE
    FPgPVrP7heKgnNDQV0LP4Umzyx/5MB8GA1UdIwQYMBaAFPgPVrP7heKgnNDQV0LP
    4Umzyx/5MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAPHdS71m
    9CAl5GXAjR8q3TwF45OE1OYqy1yS5NfYobzfAiB+qWnWLjyuvgQLIuo468avaj9Z
    Uax/VfQ/ctygiqpGYA==
    -----END CERTIFICATE-----

    """

  /// The `ca.pem` of a client that is packaged with a file of authorities.
  private func packaged(_ file: String) async throws -> String {
    let shop = try Workshop()
    try shop.save(file, "project/ca.pem")
    let made = try await shop.package(into: "out", "\(Self.key)=ca.pem")
    return try shop.text("out/ShopClient/versions/\(made.version)/ca.pem")
  }

  @Test func certificatesAloneAreCopied() async throws {
    let remark = "subject=CN = Test authority, of our own\n"
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    let both = try await packaged(remark + Self.certificate + request + Self.certificate)
    #expect(both == Self.certificate + Self.certificate)
  }

  @Test(
    arguments: [
      (
        certificate + "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        "holds a private key"
      ),
      ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds a private key"),
      ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
      (
        certificate + "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n" + certificate,
        "cannot be read"
      ), (certificate + "-----BEGIN CERTIFICATE-----\n", "cannot be read"),
      ("nothing", "is no certificate"), ("", "is no certificate"),
    ]
  )
  func whatIsNoCertificateStopsThePackaging(file: String, says: String) async throws {
    let error = await #expect(throws: DeploymentError.self) { try await packaged(file) }
    #expect(error?.code == .source && error?.description.contains(says) == true, "\(error as Any)")
    #expect(error?.description.hasPrefix(Self.key) == true)
  }
}
