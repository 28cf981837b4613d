import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Testing

@Suite struct ComponentInventoryTests {
  @Test func componentsVersionsAndDependenciesAreListedAndChangesSeen() async throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "Project/P.4DProject")
    try folder.write("one", to: "Components/A.4dbase/A.4DZ")
    let list =
      "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict>"
      + "<key>CFBundleShortVersionString</key><string>1.2</string></dict></plist>"
    try folder.write(list, to: "Components/A.4dbase/Contents/Info.plist")
    try folder.write("x", to: "Plugins/W.bundle/Contents/code")
    let json = #"{"dependencies":{"B":{},"A":{"github":"o/a","version":"1.*"}}}"#
    try folder.write(json, to: "Project/Sources/dependencies.json")
    let inventory = ComponentInventory(try ProjectLocation(opening: folder.path))
    let first = await inventory.inventory(at: nil)
    #expect(first.components.map(\.version) == ["1.2"])
    #expect(first.plugins.map(\.name) == ["W"])
    #expect(first.dependencies.map(\.github) == ["o/a", nil])
    #expect(await inventory.inventory(at: nil) == first)
    try folder.write("two!", to: "Components/A.4dbase/A.4DZ")
    let second = await inventory.inventory(at: nil)
    #expect(second.digest != first.digest)
    #expect(second.components[0].digest != first.components[0].digest)
    #expect(second.plugins == first.plugins)
  }

  @Test func everyShapeOfAComponentIsListedAndTheRestReported() async throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "Project/P.4DProject")
    try folder.write("x", to: "components/Packed.4DZ")
    try folder.write("x", to: "components/Compiled.4dbase/c.4DC")
    try folder.write("{}", to: "components/Source/Project/Source.4DProject")
    try folder.write("x", to: "components/Where is it?.txt")
    try folder.write("x", to: "components/Other/Readme.md")
    let json = #"{"dependencies":{"A":{"gitlab":"o/a","tag":"v1"},"Y":"odd"}}"#
    try folder.write(json, to: "Project/Sources/dependencies.json")
    let inventory = ComponentInventory(try ProjectLocation(opening: folder.path))
    let found = await inventory.inventory(at: "abc:7")
    #expect(found.generation == "abc:7")
    #expect(found.components.map(\.name) == ["Compiled", "Packed", "Source"])
    #expect(
      found.problems.map(\.file) == [
        "components/Other", "components/Where is it?.txt", "Project/Sources/dependencies.json",
      ]
    )
    #expect(found.dependencies.map(\.tag) == ["v1", nil])
    #expect(found.dependencies.map(\.gitlab) == ["o/a", nil])
    try folder.write(json.replacing("v1", with: "v2"), to: "Project/Sources/dependencies.json")
    #expect(await inventory.inventory(at: nil).digest != found.digest)
  }

  @Test func brokenJSONAndLinksAreReported() async throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "Project/P.4DProject")
    try folder.write("{", to: "Project/Sources/dependencies.json")
    try folder.write("x", to: "Components/A.4dbase/f")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/Components/A.4dbase/link",
      withDestinationPath: "/etc"
    )
    let found = await ComponentInventory(try ProjectLocation(opening: folder.path)).inventory(
      at: nil
    )
    #expect(
      found.problems.map(\.file) == [
        "Components/A.4dbase/link", "Project/Sources/dependencies.json",
      ]
    )
    #expect(found.components[0].size == 1)
  }

  @Test func aFolderThatIsALinkIsNotFollowed() async throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "Project/P.4DProject")
    try folder.write("x", to: "elsewhere/A.4dbase/f")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/Components",
      withDestinationPath: folder.path + "/elsewhere"
    )
    let found = await ComponentInventory(try ProjectLocation(opening: folder.path)).inventory(
      at: nil
    )
    #expect(found.components.isEmpty)
    #expect(found.problems.map(\.file) == ["Components"])
  }
}
