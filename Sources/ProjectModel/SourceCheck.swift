/// The checks of single files and of the whole project before a generation is published.
package enum SourceCheck {
  /// The problems of one file's content.
  package static func problems(in bytes: [UInt8], at path: ProjectPath) -> [Problem] {
    if path == ProjectLayout.catalog { return CatalogCheck.problems(in: bytes, at: path) }
    guard ProjectLayout.isJSON(path) else { return [] }
    do throws(JSONSyntax.Failure) {
      try JSONSyntax.check(bytes)
      return path == ProjectLayout.roles ? RolesReader.problems(in: bytes) : []
    } catch {
      // Working projects have such files (a `.4DProject` with unquoted keys, a broken roles.json).
      return [
        Problem(
          rule: "json-not-well-formed",
          severity: .warning,
          file: path.display,
          line: error.line,
          text: "the file is not JSON: \(error.text)"
        )
      ]
    }
  }

  /// The problems of the set of files: exactly one `.4DProject`.
  package static func problems(ofFiles paths: some Sequence<ProjectPath>) -> [Problem] {
    let anchors = paths.filter(ProjectLayout.isProjectFile)
    if anchors.isEmpty {
      return [
        Problem(
          rule: "project-file-missing",
          severity: .failure,
          file: ProjectLayout.project.display,
          text: "there is no .4DProject file in Project/; put it back"
        )
      ]
    }
    guard anchors.count > 1 else { return [] }
    let names = anchors.map(\.display).sorted().joined(separator: " and ")
    return [
      Problem(
        rule: "project-file-twice",
        severity: .failure,
        file: ProjectLayout.project.display,
        text: "there is more than one .4DProject file: \(names); keep one"
      )
    ]
  }
}
