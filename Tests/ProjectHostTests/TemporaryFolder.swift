import Foundation

/// A folder of a test's own that goes with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = URL.temporaryDirectory.appending(path: "syncd-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and the folders above it.
  func write(_ text: String, to relative: String) throws {
    let url = URL(filePath: path).appending(path: relative)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: url)
  }
}
