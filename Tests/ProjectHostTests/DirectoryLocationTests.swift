import ProjectHost
import ProjectModel
import Testing

@Suite struct DirectoryLocationTests {
  @Test func theFileForTheDataWins() throws {
    let folder = try TemporaryFolder()
    var location = DirectoryLocation(below: folder.path)
    #expect(location.path == ProjectLayout.directory)
    #expect(!location.exists)

    try folder.write("{}", to: "Settings/directory.json")
    location = DirectoryLocation(below: folder.path)
    #expect(location.path == ProjectLayout.directory)
    #expect(location.exists)

    try folder.write("", to: "Data/Settings/directory.json/not-a-file")
    #expect(DirectoryLocation(below: folder.path).path == ProjectLayout.directory)

    let data = try TemporaryFolder()
    try data.write("{}", to: "Settings/directory.json")
    try data.write("{}", to: "Data/Settings/directory.json")
    #expect(DirectoryLocation(below: data.path).path == ProjectLayout.dataDirectory)
  }
}
