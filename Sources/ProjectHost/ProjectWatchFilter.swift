import ProjectModel
import Watcher

/// Gives the watcher the one list of what belongs to a bundle.
struct ProjectWatchFilter: WatchFilter {
  let rules: ContentRules

  func watches(directory path: [UInt8]) -> Bool { rules.includes(folder: ProjectPath(bytes: path)) }

  func reports(file path: [UInt8]) -> Bool { rules.includes(file: ProjectPath(bytes: path)) }
}
