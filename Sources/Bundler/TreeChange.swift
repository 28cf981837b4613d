package import ProjectModel

/// Where the builder must look again.
package enum TreeChange: Sendable, Hashable {
  /// Read again whatever is there: a file, a folder (then what is below it too), or nothing.
  case path(ProjectPath)
  /// In doubt: compare the folder's files with what was read, by `stat` alone.
  case subtree(ProjectPath)
}
