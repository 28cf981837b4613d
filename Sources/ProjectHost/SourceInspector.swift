import Bundler
import ProjectModel

/// Checks each file once, while the bundler has its content in hand.
struct SourceInspector: MemberInspector {
  func inspect(_ path: ProjectPath, content: [UInt8]) -> [Problem] {
    SourceCheck.problems(in: content, at: path)
  }
}
