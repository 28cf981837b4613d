/// `info.json` of a server's `Upgrade4DClient` folder: 4D's own keys, and those of the update for
/// Linux (4d-domain §8).
///
/// 4D writes numbers as texts; both are read, and unknown keys are passed over. `BuildHardLink` is
/// read and never written: the secret has one place, the server's `application.json`.
package struct ApplicationInfo: Hashable, Sendable {
  /// The archive of a client, below the folder, and what is held against it.
  package struct Update: Hashable, Sendable {
    /// The archive's name in the folder.
    package let file: String
    package let platform: String
    package let digest: Digest
    /// Bytes.
    package let size: Int
    /// 128 hexadecimal digits.
    package let signature: String

    package init(file: String, platform: String, digest: Digest, size: Int, signature: String) {
      self.file = file
      self.platform = platform
      self.digest = digest
      self.size = size
      self.signature = signature
    }
  }

  package var name: String
  package var publishName: String
  package var host: String?
  package var port: Int?
  package var hardLink: String?
  package var current: Int
  package var minimum: Int
  package var maximum: Int
  package var serverPlatform: String
  package var macUpdate: String?
  package var windowsUpdate: String?
  package var linux: Update?

  package init(_ keys: ApplicationKeys, serverPlatform: String, linux: Update?) {
    name = keys.name
    publishName = keys.publishName
    host = keys.host
    port = keys.port
    current = keys.versions.current
    minimum = keys.versions.minimum
    maximum = keys.versions.maximum
    self.serverPlatform = serverPlatform
    self.linux = linux
  }
}

extension ApplicationInfo: Codable {
  private enum Key: String, CodingKey {
    case name = "BuildName"
    case host = "BuildIPAddress"
    case port = "BuildIPPort"
    case hardLink = "BuildHardLink"
    case minimum = "BuildRangeVersMin"
    case maximum = "BuildRangeVersMax"
    case current = "BuildCurrentVers"
    case publishName = "PublishName"
    case serverPlatform = "ServerPlatform"
    case macUpdate
    case windowsUpdate = "winUpdate"
    case linuxUpdate
    case linuxPlatform
    case linuxDigest
    case linuxSize
    case linuxSignature
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func text(_ key: Key) -> String? {
      let found =
        (try? values.decode(String.self, forKey: key))
        ?? (try? values.decode(Int.self, forKey: key)).map { "\($0)" }
      return found.flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let name = text(.name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .name,
        in: values,
        debugDescription: "an application has a name"
      )
    }
    self.name = name
    publishName = text(.publishName) ?? name
    host = text(.host)
    port = text(.port).flatMap { Int($0) }
    hardLink = text(.hardLink)
    current = text(.current).flatMap { Int($0) } ?? 1
    minimum = text(.minimum).flatMap { Int($0) } ?? 1
    maximum = text(.maximum).flatMap { Int($0) } ?? current
    serverPlatform = text(.serverPlatform) ?? ""
    macUpdate = text(.macUpdate)
    windowsUpdate = text(.windowsUpdate)
    if let file = text(.linuxUpdate), let platform = text(.linuxPlatform),
      let digest = text(.linuxDigest).flatMap({ Digest(hex: $0) }),
      let size = text(.linuxSize).flatMap({ Int($0) }), let signature = text(.linuxSignature)
    {
      linux = Update(
        file: file,
        platform: platform,
        digest: digest,
        size: size,
        signature: signature
      )
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(name, forKey: .name)
    try values.encode(publishName, forKey: .publishName)
    try values.encode(host ?? "", forKey: .host)
    try values.encode(port.map { "\($0)" } ?? "", forKey: .port)
    try values.encode("\(minimum)", forKey: .minimum)
    try values.encode("\(maximum)", forKey: .maximum)
    try values.encode("\(current)", forKey: .current)
    try values.encode(serverPlatform, forKey: .serverPlatform)
    try values.encodeIfPresent(macUpdate, forKey: .macUpdate)
    try values.encodeIfPresent(windowsUpdate, forKey: .windowsUpdate)
    try values.encodeIfPresent(linux?.file, forKey: .linuxUpdate)
    try values.encodeIfPresent(linux?.platform, forKey: .linuxPlatform)
    try values.encodeIfPresent(linux?.digest, forKey: .linuxDigest)
    try values.encodeIfPresent(linux?.size, forKey: .linuxSize)
    try values.encodeIfPresent(linux?.signature, forKey: .linuxSignature)
  }
}
