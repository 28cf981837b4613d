import Foundation
import ProjectHost
import Testing

@Suite struct ProjectLocationTests {
  private func project() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "Project/Été.4DProject")
    try folder.write("", to: "Project/Sources/Methods/a.4dm")
    return folder
  }

  @Test func opensTheRootTheProjectFolderAndTheFile() throws {
    let folder = try project()
    for path in ["", "/Project", "/Project/Été.4DProject"] {
      let location = try ProjectLocation(opening: folder.path + path)
      #expect(location.root == folder.path)
      #expect(location.name == "Été")
    }
  }

  @Test func findsTheProjectAroundAFolder() throws {
    let folder = try project()
    let location = try ProjectLocation(around: folder.path + "/Project/Sources/Methods")
    #expect(location.root == folder.path)
  }

  @Test func saysWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    func sentence(_ path: String) -> String {
      do {
        return try ProjectLocation(opening: path).name
      } catch {
        return error.message
      }
    }
    #expect(sentence(folder.path + "/nowhere").contains("cannot be opened"))
    #expect(sentence(folder.path).contains("has no Project/ folder"))
    try folder.write("", to: "Project/Sources/a")
    #expect(sentence(folder.path).contains("no .4DProject file"))
    try folder.write("{}", to: "Project/A.4DProject")
    try folder.write("{}", to: "Project/B.4DProject")
    #expect(sentence(folder.path).contains("A.4DProject, B.4DProject"))
    try folder.write("", to: "x.txt")
    #expect(sentence(folder.path + "/x.txt").contains("is not a 4D project"))
  }
}
