internal import Glibc
internal import ProjectModel

/// Why something in the project is not in the bundle although its place is.
enum LeftOut {
  case symbolicLink, specialFile, invalidName, longName

  init?(_ status: stat, _ path: ProjectPath) {
    if status.isSymbolicLink {
      self = .symbolicLink
    } else if !status.isFolder && !status.isRegularFile {
      self = .specialFile
    } else if String(validating: path.name, as: UTF8.self) == nil {
      self = .invalidName
    } else if path.bytes.count > ZipRecord.longestPath {
      self = .longName
    } else {
      return nil
    }
  }

  func problem(_ path: ProjectPath) -> Problem {
    let (rule, text) =
      switch self {
      case .symbolicLink:
        (
          "symbolic-link",
          "a symbolic link is not followed and is left out; put the file itself here"
        )
      case .specialFile:
        ("special-file", "a pipe, socket or device is no file of a project and is left out")
      case .invalidName:
        ("name-not-utf8", "the name is not valid UTF-8, so it is left out; rename it")
      case .longName:
        ("name-too-long", "the path is longer than an archive can hold, so it is left out")
      }
    return Problem(rule: rule, severity: .warning, file: path.display, text: text)
  }
}
