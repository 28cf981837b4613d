import CCrypt
import Glibc
package import ProjectModel

/// The hash bcrypt, by libxcrypt: a call takes tens of milliseconds and blocks its thread.
package struct Bcrypt: Sendable {
  /// Higher costs in a file would hold a thread for minutes.
  static let highestCost = 14

  /// Hashes a password as a setting says: `crypt(3)`; `nil` for a setting that it refuses.
  package typealias Crypt = @Sendable (_ password: ClearPassword, _ setting: String) -> [UInt8]?

  let cost: Int
  let crypt: Crypt

  /// Hashes a password with a new random salt; `nil` when the system gives no random numbers.
  func hash(_ password: ClearPassword) -> String? {
    guard let setting = newSetting(), let bytes = crypt(password, setting) else { return nil }
    let hash = String(decoding: bytes, as: UTF8.self)
    return StoredPassword.isBcrypt(hash) ? hash : nil
  }

  private func newSetting() -> String? {
    var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
    // Without bytes of ours libxcrypt takes the system's random numbers.
    let made = crypt_gensalt_rn("$2b$", UInt(cost), nil, 0, &setting, Int32(setting.count))
    guard made != nil else { return nil }
    return String(decoding: setting.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Whether the password is the one that was hashed.
  func matches(_ password: ClearPassword, _ hash: String) -> Bool {
    guard let found = crypt(password, hash) else { return false }
    return Self.isEqual(found, Array(hash.utf8))
  }

  /// Does the work of one check, for a user who is not there.
  func waste(_ password: ClearPassword) {
    _ = crypt(password, "$2b$\(cost < 10 ? "0" : "")\(cost)$......................")
  }

  static func cost(of hash: String) -> Int { Int(hash.dropFirst(4).prefix(2)) ?? .max }

  /// The hash by libxcrypt.
  package static let byLibrary: Crypt = { password, setting in
    let size = MemoryLayout<crypt_data>.size
    let data = UnsafeMutableRawPointer.allocate(
      byteCount: size,
      alignment: MemoryLayout<crypt_data>.alignment
    )
    data.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    var phrase = password.utf8.map { CChar(bitPattern: $0) } + [0]
    defer {
      explicit_bzero(data, size)
      data.deallocate()
      explicit_bzero(&phrase, phrase.count)
    }
    guard let result = crypt_rn(phrase, setting, data, Int32(size)) else { return nil }
    return Array(UnsafeRawBufferPointer(start: result, count: strlen(result)))
  }

  /// Compares in a time that does not tell where two texts differ.
  static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
