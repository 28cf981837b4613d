import Bundler
import Foundation
import Glibc

/// Files that hold secrets: read with a look at their rights, written for this account alone.
enum PrivateFile {
  /// What stands in the way, for a sentence.
  struct Failure: Error {
    let reason: String
  }

  private static let mostBytes = 1 << 20

  /// Reads a file; with `isSecret` one that other accounts can read or change is refused.
  static func read(_ path: String, isSecret: Bool) throws(Failure) -> [UInt8] {
    guard let stamp = stamp(path) else { throw Failure(reason: "cannot be read: \(reason())") }
    guard stamp.isFile else { throw Failure(reason: "is no file") }
    if isSecret {
      guard stamp.mode & 0o077 == 0 else {
        throw Failure(reason: "can be read by other accounts: chmod 600 it")
      }
      guard stamp.owner == Int(geteuid()) || stamp.owner == 0 else {
        throw Failure(reason: "belongs to another account: give it to the one that runs syncd")
      }
    }
    guard stamp.size <= mostBytes else { throw Failure(reason: "is larger than 1 MB") }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(reason: "cannot be read: \(reason())") }
    defer { close(descriptor) }
    return try bytes(of: descriptor)
  }

  /// Writes a file that only this account may read, whole or not at all.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    do {
      try SmallFile.replace(path, with: bytes)
    } catch {
      throw Failure(reason: "cannot be written: \(error.reason)")
    }
  }

  /// What tells one content of a path from another without reading it, symbolic links followed;
  /// `nil` when there is none.
  static func stamp(_ path: String) -> Stamp? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    // Foundation's way: under member import visibility nobody knows whose `stat` is.
    let files = FileManager.default
    guard let found = try? files.attributesOfItem(atPath: String(cString: real)),
      let mode = found[.posixPermissions] as? Int, let size = found[.size] as? Int,
      let owner = found[.ownerAccountID] as? Int, let inode = found[.systemFileNumber] as? Int
    else { return nil }
    return Stamp(
      inode: inode,
      size: size,
      mode: mode,
      owner: owner,
      isFile: found[.type] as? FileAttributeType == .typeRegular,
      modified: found[.modificationDate] as? Date
    )
  }

  struct Stamp: Hashable, Sendable {
    let inode: Int
    let size: Int
    let mode: Int
    let owner: Int
    let isFile: Bool
    let modified: Date?
  }

  private static func bytes(of descriptor: CInt) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 * 1024)
    while bytes.count <= mostBytes {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(reason: "cannot be read: \(reason())") }
      if count == 0 { break }
      bytes += part.prefix(count)
    }
    return bytes
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
