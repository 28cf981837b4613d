import Bundler
import Foundation
import ProjectModel

/// Rounds of fuzzing; the suite does few.
let fuzzRounds =
  ProcessInfo.processInfo.environment["SYNCD_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 3

/// In minutes, for every suite; a long run is somebody's wish.
let longestTest =
  ["SYNCD_FUZZ_ROUNDS", "SYNCD_EDIT_STEPS"].contains {
    ProcessInfo.processInfo.environment[$0] != nil
  } ? 1_440 : 5

extension EncodedDelta {
  func bytes() throws -> [UInt8] { try read(at: 0, count: .max) }
}

extension BundleFile {
  func bytes() throws -> [UInt8] { try read(at: 0, count: .max) }
}

/// Feeds a delta in pieces and returns the bundle that comes out.
func apply(
  _ delta: [UInt8],
  to base: BundleFile,
  target: Digest,
  writing path: String,
  pieces: Int = 1000
) throws -> BundleFile {
  let applier = DeltaApplier(base: base, target: target, to: path)
  var rest = delta[...]
  while !rest.isEmpty {
    try applier.feed(rest.prefix(pieces))
    rest = rest.dropFirst(pieces)
  }
  return try applier.finish()
}

/// A project with a store, and the bytes that every published generation had.
struct PublishedProject {
  let project: TestProject
  let builder: BundleBuilder
  var store: BundleStore
  /// In the order of publishing.
  private(set) var archives: [(digest: Digest, bytes: [UInt8])] = []

  init(keepBytes: UInt64 = BundleStore.defaultKeepBytes) throws {
    project = try TestProject()
    builder = BundleBuilder(root: project.root.path)
    store = try BundleStore(folder: project.output.path, keepBytes: keepBytes)
  }

  @discardableResult
  mutating func publish(_ changes: [TreeChange]) async throws -> Digest {
    let bundle = try await store.publish(try await builder.update(changes))
    archives.removeAll { $0.digest == bundle.digest }
    archives.append((bundle.digest, try bundle.bytes()))
    return bundle.digest
  }

  @discardableResult
  mutating func publish(_ name: String, _ text: String) async throws -> Digest {
    try project.root.write(name, text)
    return try await publish([.path(ProjectPath(name))])
  }

  /// Begins with a new store, as after a restart.
  mutating func restart(keepBytes: UInt64 = BundleStore.defaultKeepBytes) throws {
    store = try BundleStore(folder: project.output.path, keepBytes: keepBytes)
  }

  func archive(_ digest: Digest) -> [UInt8]? { archives.last { $0.digest == digest }?.bytes }

  /// The names of the store's files of one kind, without their ending.
  func names(_ ending: String) throws -> Set<String> {
    Set(
      try project.output.names().filter { $0.hasSuffix(ending) }
        .map { String($0.dropLast(ending.count)) }
    )
  }
}

/// Pseudo-random bytes, which do not pack.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}

/// Source text of about `count` bytes that packs as methods do.
func sourceText(_ count: Int, seed: UInt64) -> String {
  var generator = SeededGenerator(seed: seed)
  var text = ""
  while text.utf8.count < count {
    text += "If ($value\(generator.next() % 90)>\(generator.next() % 7)) // \(generator.next())\n"
  }
  return text
}
