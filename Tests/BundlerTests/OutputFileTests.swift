import Bundler
import Foundation
import Testing

struct OutputFileTests {
  @Test func aFileAndANewNameAreTakenAsTheyAre() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.4dz"
    #expect(try OutputFile.place(path) == path)
    try Data().write(to: URL(filePath: path))
    #expect(try OutputFile.place(path) == path)
    #expect(try OutputFile.place("relative.4dz") == "relative.4dz")
  }

  @Test func linksAreFollowedToAFileThatNeedNotBeThereYet() throws {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    try files.createDirectory(atPath: folder.path + "/deep", withIntermediateDirectories: true)
    let target = folder.path + "/deep/real.4dz"
    let links = [("one", "two"), ("two", "deep/three"), ("deep/three", target)]
    for (name, target) in links {
      try files.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
    }
    #expect(try OutputFile.place(folder.path + "/one") == target)
    try Data().write(to: URL(filePath: target))
    #expect(try OutputFile.place(folder.path + "/one") == target)
  }

  @Test(arguments: ["", "pipe", "to-pipe", "folder", "to-folder", "circle", "new/"])
  func whatIsNoFileIsRefused(name: String) throws {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    try files.createDirectory(atPath: folder.path + "/folder", withIntermediateDirectories: true)
    for (link, target) in [("to-pipe", "pipe"), ("to-folder", "folder"), ("circle", "circle")] {
      try files.createSymbolicLink(atPath: folder.path + "/" + link, withDestinationPath: target)
    }
    let error = #expect(throws: BundleError.self) {
      try OutputFile.place(name.isEmpty ? "" : folder.path + "/" + name)
    }
    #expect(error?.code == .inputOutput)
  }
}
