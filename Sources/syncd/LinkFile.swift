import Glibc
import SyncClient

/// Puts a small text file into place, whole or not at all.
enum LinkFile {
  static func write(_ text: String, to path: String) throws(ClientError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let temporary = folder + "/.syncd-link-\(getpid())"
    // What a killed program of the same number left.
    unlink(temporary)
    let bytes = Array(text.utf8)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure(path) }
    let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    close(file)
    guard isWritten, rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
    let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { throw failure(path) }
    defer { close(parent) }
    guard fsync(parent) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> ClientError {
    ClientError(
      .localFile,
      "\(path) cannot be written: \(String(cString: strerror(errno))); name another place with -o."
    )
  }
}
