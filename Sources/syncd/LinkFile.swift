import Bundler
import SyncClient

/// Puts a link into place, whole or not at all.
enum LinkFile {
  static func write(_ text: String, to path: String) throws {
    let target = try OutputFile.place(path)
    do {
      try SmallFile.replace(target, with: Array(text.utf8), mode: 0o644)
    } catch {
      throw ClientError(
        .localFile,
        "\(path) cannot be written: \(error.reason); name another place with -o."
      )
    }
  }
}
