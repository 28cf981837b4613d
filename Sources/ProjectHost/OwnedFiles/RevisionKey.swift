import Bundler
import Glibc
package import ProjectModel

/// The secret under which revisions are made, so that nobody can test a guessed file, or a guessed
/// password hash in it, against a revision.
package struct RevisionKey: Sendable {
  private static let size = 32

  private let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the key, or makes one: revisions survive a restart.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package init(at path: String) throws(HostError) {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    if file >= 0 {
      defer { close(file) }
      var read = [UInt8](repeating: 0, count: Self.size + 1)
      if Glibc.read(file, &read, read.count) == Self.size {
        bytes = Array(read.dropLast())
        return
      }
    } else if errno != ENOENT {
      throw Self.failure(FileFailure(errno, "read", path))
    }
    var generator = SystemRandomNumberGenerator()
    bytes = (0..<Self.size).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
    do throws(FileFailure) { try Self.store(bytes, at: path) } catch { throw Self.failure(error) }
  }

  /// The revision of a file's bytes: 64 hexadecimal digits.
  package func revision(of file: [UInt8], at path: ProjectPath) -> String {
    MessageAuthentication.code(for: file, key: key(for: "content", path)).hex
  }

  /// The revision of a file that is not there but can be made.
  package func absentRevision(at path: ProjectPath) -> String {
    MessageAuthentication.code(for: [], key: key(for: "absent", path)).hex
  }

  /// What stands for operations in the journal; their passwords cannot be guessed from it.
  package func fingerprint(of operations: [UInt8], at path: ProjectPath) -> String {
    MessageAuthentication.code(for: operations, key: key(for: "operations", path)).hex
  }

  private func key(for use: String, _ path: ProjectPath) -> [UInt8] {
    MessageAuthentication.code(for: Array("\(use):".utf8) + path.bytes, key: bytes).bytes
  }

  private static func store(_ bytes: [UInt8], at path: String) throws(FileFailure) {
    do {
      try SmallFile.replace(path, with: bytes)
    } catch {
      throw FileFailure(error.number, "write to the disk", path)
    }
  }

  private static func failure(_ failure: FileFailure) -> HostError {
    HostError(
      .stateFolder,
      "\(failure.text): give this account the right, free space, or name another folder with "
        + "--state-dir"
    )
  }
}
