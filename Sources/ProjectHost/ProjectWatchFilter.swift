import ProjectModel
import Watcher

/// Has the watcher look at one file of a folder, and at nothing below it.
struct ArchiveWatchFilter: WatchFilter {
  let name: [UInt8]

  func watches(directory path: [UInt8]) -> Bool { path.isEmpty }

  func reports(file path: [UInt8]) -> Bool { path == name }
}

/// Gives the watcher the one list of what belongs to a bundle.
struct ProjectWatchFilter: WatchFilter {
  let rules: ContentRules

  func watches(directory path: [UInt8]) -> Bool { rules.includes(folder: ProjectPath(bytes: path)) }

  func reports(file path: [UInt8]) -> Bool { rules.includes(file: ProjectPath(bytes: path)) }
}
