import Glibc

/// The pair that a server makes for itself.
///
/// Its key is made once and kept, for it is what clients pin; the certificate is made again whenever
/// the machine has other names or addresses, or it is about to run out.
enum GeneratedPair {
  private static let days = 3_650
  private static let renewal = 30 * 86_400

  /// Brings both files into being, where they are missing or outdated.
  static func prepare(_ source: CertificateSource, for machine: MachineNames) throws(ServerError) {
    do {
      let key = try existingKey(source) ?? newKey(source)
      if isCurrent(source, key, machine) { return }
      let certificate = try SelfSigned.certificate(
        key: key,
        names: machine.names,
        addresses: machine.addresses,
        days: days
      )
      try PrivateFile.write(certificate, to: source.certificate)
    } catch let error as PrivateFile.Failure {
      throw ServerError(.certificateUnusable, "\(source.key) \(error.reason).")
    } catch let error as ServerError {
      throw error
    } catch {
      throw ServerError(
        .certificateUnusable,
        "libcrypto could not make a key and a certificate; name a pair with --certificate and --key."
      )
    }
  }

  private static func existingKey(_ source: CertificateSource) throws -> [UInt8]? {
    guard PrivateFile.stamp(source.key) != nil else { return nil }
    let key = try PrivateFile.read(source.key, isSecret: true)
    guard SelfSigned.publicKey(of: key) != nil else {
      // A new one in its place would look to every client like another server.
      throw ServerError(
        .certificateUnusable,
        "\(source.key) is damaged: put it back from a copy, or remove it to have a new key made, "
          + "which every client has to accept anew."
      )
    }
    return key
  }

  private static func newKey(_ source: CertificateSource) throws -> [UInt8] {
    let key = try SelfSigned.newKey()
    try PrivateFile.write(key, to: source.key)
    return key
  }

  private static func isCurrent(
    _ source: CertificateSource,
    _ key: [UInt8],
    _ machine: MachineNames
  ) -> Bool {
    guard let certificate = try? PrivateFile.read(source.certificate, isSecret: false),
      let pair = try? CertificatePair(certificate: certificate, key: key, source: source)
    else { return false }
    return pair.notAfter > time(nil) + renewal
      && Set(machine.names + machine.addresses).isSubset(of: pair.names)
  }
}
