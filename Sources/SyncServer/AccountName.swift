import Glibc

/// The login name of an account of this machine.
enum AccountName {
  /// - Returns: the number as text where the account has no name.
  static func of(_ user: UInt32) -> String {
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0,
      let name = found?.pointee.pw_name
    else { return "\(user)" }
    return String(cString: name)
  }
}
