import CCrypt
import Glibc
import ProjectModel

/// The hash bcrypt, by libxcrypt: a call takes tens of milliseconds and blocks its thread.
struct Bcrypt: Sendable {
  /// Higher costs in a file would hold a thread for minutes.
  static let highestCost = 14

  let cost: Int

  /// Hashes a password with a new random salt; `nil` when the system gives no random numbers.
  func hash(_ password: ClearPassword) -> String? {
    var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
    // Without bytes of ours libxcrypt takes the system's random numbers.
    let made = crypt_gensalt_rn("$2b$", UInt(cost), nil, 0, &setting, Int32(setting.count))
    guard made != nil, let hash = Self.crypt(password, setting: setting),
      StoredPassword.isBcrypt(String(decoding: hash, as: UTF8.self))
    else { return nil }
    return String(decoding: hash, as: UTF8.self)
  }

  /// Whether the password is the one that was hashed.
  func matches(_ password: ClearPassword, _ hash: String) -> Bool {
    guard let found = Self.crypt(password, setting: hash.utf8CString.map { $0 }) else {
      return false
    }
    return Self.isEqual(found, Array(hash.utf8))
  }

  /// Does the work of one check, for a user who is not there.
  func waste(_ password: ClearPassword) {
    let setting = "$2b$\(cost < 10 ? "0" : "")\(cost)$......................"
    _ = Self.crypt(password, setting: setting.utf8CString.map { $0 })
  }

  static func cost(of hash: String) -> Int { Int(hash.dropFirst(4).prefix(2)) ?? .max }

  private static func crypt(_ password: ClearPassword, setting: [CChar]) -> [UInt8]? {
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
