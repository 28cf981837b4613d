import Foundation
import ProjectModel

/// A folder that goes with its last reference, and the usual things to do in it.
final class TemporaryFolder: Sendable {
  let path: String

  init(in parent: String = NSTemporaryDirectory()) throws {
    path = (parent as NSString).appendingPathComponent("syncd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func full(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

  func write(_ name: String, _ text: String = "") throws {
    try write(name, bytes: Array(text.utf8))
  }

  /// Writes a file, and the folders above it.
  func write(_ name: String, bytes: [UInt8]) throws {
    let file = full(name)
    try folder((name as NSString).deletingLastPathComponent)
    guard FileManager.default.createFile(atPath: file, contents: Data(bytes)) else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  func folder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: full(name),
      withIntermediateDirectories: true
    )
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: full(name))
  }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: full(name))))
  }

  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  /// Sets the modification time in seconds since 1970.
  func touch(_ name: String, _ seconds: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: seconds)],
      ofItemAtPath: full(name)
    )
  }
}

/// A project folder with places for bundles and scratch files beside it.
struct TestProject {
  let root: TemporaryFolder
  let output: TemporaryFolder

  init() throws {
    root = try TemporaryFolder()
    output = try TemporaryFolder()
    try root.write("Project/Test.4DProject", "{}\n")
  }
}

/// The same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
