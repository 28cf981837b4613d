import Foundation

/// The independent writer, `scripts/detzip.py`, as a process that answers one request after another.
final class Oracle {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("scripts/detzip.py")
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script.path, "--serve"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    // Another program that was started meanwhile may hold the input open: its end does not come then.
    // Nor does a signal that can be blocked: whom a test's thread starts blocks what that thread does.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  struct Answer {
    let digest: String
    let archive: [UInt8]
  }

  /// The bundle of the project in `root`, as a plain implementation makes it.
  func bundle(of root: String, timestamps: String = "constant", profile: String = "full") throws
    -> Answer
  {
    let file = folder.full("oracle.4dz")
    try input.fileHandleForWriting.write(
      contentsOf: Data("\(root)\t\(file)\t\(timestamps)\t\(profile)\n".utf8)
    )
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
        throw CocoaError(.fileReadUnknown)
      }
      line += byte
    }
    return Answer(
      digest: String(decoding: line.dropLast(), as: UTF8.self),
      archive: try folder.read("oracle.4dz")
    )
  }
}
