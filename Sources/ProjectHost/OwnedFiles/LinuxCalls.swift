import Glibc

/// Calls of the C library that its module map leaves out; `nil` where the library has none.
enum LinuxCalls {
  typealias Rename =
    @convention(c) @Sendable (
      Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
    ) -> Int32
  typealias ListAttributes =
    @convention(c) @Sendable (Int32, UnsafeMutablePointer<CChar>?, Int) -> Int
  typealias GetAttribute =
    @convention(c) @Sendable (Int32, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
  typealias SetAttribute =
    @convention(c) @Sendable (
      Int32, UnsafePointer<CChar>, UnsafeRawPointer?, Int, Int32
    ) -> Int32

  static let renameat2 = find("renameat2", as: Rename.self)
  static let flistxattr = find("flistxattr", as: ListAttributes.self)
  static let fgetxattr = find("fgetxattr", as: GetAttribute.self)
  static let fsetxattr = find("fsetxattr", as: SetAttribute.self)

  // From rename(2) and fcntl(2).
  static let doNotReplace: UInt32 = 1
  static let exchange: UInt32 = 2
  static let setSignal: Int32 = 10
  static let setLease: Int32 = 1_024

  private static func find<Function>(_ name: String, as type: Function.Type) -> Function? {
    dlsym(nil, name).map { unsafeBitCast($0, to: type) }
  }
}
