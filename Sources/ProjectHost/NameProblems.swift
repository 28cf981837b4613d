import Bundler
import ProjectModel

/// The problems of a project's names, found again only when a name came or went.
struct NameProblems {
  private var names: [ProjectPath] = []
  private var found: [Problem] = []

  mutating func problems(of manifest: Manifest) -> [Problem] {
    let members = manifest.members
    let same = members.count == names.count && zip(members, names).allSatisfy { $0.path == $1 }
    if !same {
      names = members.map(\.path)
      let files = members.lazy.filter { $0.kind == .file }.map(\.path)
      found = SourceCheck.problems(ofFiles: files) + NameCheck.problems(in: names)
    }
    return found
  }
}
