import Foundation
import SyncProtocol
import SyncServer
import Testing

/// Holds docs/openapi.yaml and the table of docs/access.md against the router and the registry of refusals.
@Suite(.timeLimit(.minutes(3))) struct ReferenceTests {
  /// The lines of a document; `scripts/conformance` reads this one as YAML.
  private static func lines(of name: String = "openapi.yaml") throws -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/" + name), encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// What the document says of a path.
  private struct Described: Equatable {
    var methods: [String] = []
    var access = ""
  }

  private static func described() throws -> [String: Described] {
    var paths: [String: Described] = [:]
    var path = ""
    for line in try lines().drop(while: { $0 != "paths:" }).prefix(while: { $0 != "components:" }) {
      if let found = line.wholeMatch(of: #/ {2}(/.*):/#) {
        path = String(found.1)
        paths[path] = Described()
      } else if let found = line.wholeMatch(of: #/ {4}x-access: (\w+)/#) {
        paths[path]?.access = String(found.1)
      } else if let found = line.prefixMatch(of: #/ {4}(get|head|put|post|delete|patch|options):/#)
      {
        paths[path]?.methods.append(found.1.uppercased())
      }
    }
    return paths.mapValues { Described(methods: $0.methods.sorted(), access: $0.access) }
  }

  @Test func theDocumentHasTheRoutersResourcesAndNoOthers() async throws {
    let described = try Self.described()
    try await ServerFixture.with { server in
      let served = Dictionary(
        uniqueKeysWithValues: server.server.resources.map { resource in
          (resource.path, Described(methods: resource.methods, access: resource.access))
        }
      )
      #expect(served.count > 20)
      #expect(Set(described.keys) == Set(served.keys))
      for (path, resource) in served { #expect(described[path] == resource, "\(path)") }
    }
  }

  @Test func theTableOfCallersHasTheRoutersResourcesAndNoOthers() async throws {
    let unnamed = { (path: String) in path.replacing(#/{\w+}/#, with: "{}") }
    let described = try Self.lines(of: "access.md").compactMap { line in
      line.prefixMatch(of: #/\| `([A-Z]+) (\S+)` \|/#).map { "\($0.1) \(unnamed(String($0.2)))" }
    }
    try await ServerFixture.with { server in
      let served = server.server.resources.flatMap { resource in
        resource.methods.filter { $0 != "HEAD" }.map { "\($0) \(unnamed(resource.path))" }
      }
      #expect(described.sorted() == served.sorted())
    }
  }

  @Test func theDocumentHasEveryRefusalWithItsStatus() throws {
    let pattern = /.*const: "urn:syncd:problem:([a-z-]+)", x-status: (\d+)}/
    let described = try Self.lines().compactMap { line in
      line.wholeMatch(of: pattern).map { "\($0.1) \($0.2)" }
    }
    #expect(
      described.sorted() == ProblemType.allCases.map { "\($0.rawValue) \($0.status)" }.sorted()
    )
  }
}
