import Bundler
import ProjectModel

/// Whether a compiled bundle holds compiled code.
enum CompiledCheck {
  /// The one problem of a compiled bundle without code; nothing for a full bundle.
  static func problems(of manifest: Manifest) -> [Problem] {
    let code = ProjectLayout.compiledCode
    guard manifest.profile == .compiled,
      !manifest.members.contains(where: { !$0.isFolder && $0.path.isInside(code) })
    else { return [] }
    return [
      Problem(
        rule: "not-compiled",
        severity: .failure,
        file: code.display,
        text: "the project is not compiled: compile it first, in 4D or tool4d, then build again"
      )
    ]
  }
}
