import Bundler
import Foundation
import SyncClient
import SyncProtocol
import Testing

@Suite struct RecentsTests {
  private func record(
    _ list: inout RecentServers,
    _ project: String,
    id: String? = nil,
    at host: String = "h",
    label: String? = nil
  ) {
    list.record(
      label: label,
      project: project,
      serverID: id ?? "id-\(project)-\(host)",
      address: ServerAddress(host: host),
      usesTLS: false,
      at: "2026-01-01T00:00:00Z"
    )
  }

  private func withFile(_ body: (RecentsFile, String) async throws -> Void) async throws {
    let folder = URL.temporaryDirectory.appending(path: "syncd-recents-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(RecentsFile(path: folder + "/state/syncd/recents.json"), folder)
  }

  @Test func theNewestIsFirstAndFifteenAreKept() {
    var list = RecentServers()
    for number in 0..<20 { record(&list, "p\(number)") }
    #expect(list.recents.map(\.project) == (5..<20).reversed().map { "p\($0)" })
    record(&list, "p7")
    #expect(list.recents.count == 15)
    #expect(list.recents.first?.project == "p7")
  }

  @Test func aServerIsKnownAgainByItsID() {
    var list = RecentServers()
    record(&list, "Shop", id: "1", at: "a", label: "My shop")
    record(&list, "Other", id: "2", at: "b")
    record(&list, "Store", id: "1", at: "c")
    #expect(list.recents.map(\.label) == ["My shop", "Other"])
    #expect(list.recents.first?.address == "c:19813")
    #expect(list.recents.first?.project == "Store")
    record(&list, "Others", id: "2", at: "b")
    #expect(list.recents.first?.label == "Others", "a label that nobody gave follows the project")
    record(&list, "Store", id: "1", at: "c", label: "New")
    #expect(list.recents.first?.label == "New")
  }

  @Test func aLinkSuggestsALabelAndReplacesNone() {
    func record(_ list: inout RecentServers, _ id: String) {
      list.record(
        label: nil,
        suggestion: "From link",
        project: "Shop",
        serverID: id,
        address: ServerAddress(host: "h" + id),
        usesTLS: false,
        at: ""
      )
    }
    var list = RecentServers()
    record(&list, "1")
    #expect(list.recents.map(\.label) == ["From link"])
    self.record(&list, "Shop", id: "1", label: "Mine")
    record(&list, "1")
    #expect(list.recents.map(\.label) == ["Mine"])
  }

  @Test func aServerThatLostItsIDTakesItsEntryOver() {
    var list = RecentServers()
    record(&list, "Shop", id: "1", at: "a", label: "My shop")
    record(&list, "Shop", id: "9", at: "a")
    #expect(list.recents.map(\.serverID) == ["9"])
    record(&list, "Bank", id: "7", at: "a")
    #expect(list.recents.map(\.project) == ["Bank", "Shop"], "another project is another entry")
  }

  @Test func theFileIsPrivateAndForgets() async throws {
    try await withFile { file, folder in
      #expect(try file.read().recents == [])
      try file.change { record(&$0, "Shop", label: "My shop") }
      #expect(try file.read().recents.map(\.label) == ["My shop"])
      let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      let parent = try FileManager.default.attributesOfItem(atPath: folder + "/state/syncd")
      #expect(parent[.posixPermissions] as? Int == 0o700)
      let none = try file.change { $0.forget("nobody") }
      let one = try file.change { $0.forget("My shop") }
      #expect((none, one) == (0, 1))
      #expect(try file.read().recents == [])
    }
  }

  @Test(arguments: ["", "{", "[]", "{\"version\":2,\"recents\":[]}"])
  func aFileOfSomebodyElseIsLeftAlone(text: String) async throws {
    try await withFile { file, folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/state/syncd",
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: URL(filePath: file.path))
      let error = #expect(throws: ClientError.self) { try file.change { record(&$0, "Shop") } }
      #expect(error?.code == .localFile)
      #expect(try Data(contentsOf: URL(filePath: file.path)) == Data(text.utf8))
    }
  }

  @Test func whatACrashLeftIsNoHindrance() async throws {
    try await withFile { file, _ in
      try file.change { record(&$0, "Shop") }
      try Data("half".utf8).write(to: URL(filePath: SmallFile.unfinished(file.path)))
      try file.change { record(&$0, "Bank") }
      #expect(try file.read().recents.map(\.project) == ["Bank", "Shop"])
      #expect(!FileManager.default.fileExists(atPath: SmallFile.unfinished(file.path)))
    }
  }

  @Test func writersAtOnceLoseNothing() async throws {
    try await withFile { file, _ in
      // Each opens the lock for itself, as processes do.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<15 {
          group.addTask {
            try file.change { list in record(&list, "p\(number)") }
          }
        }
        try await group.waitForAll()
      }
      #expect(Set(try file.read().recents.map(\.project)) == Set((0..<15).map { "p\($0)" }))
    }
  }
}
