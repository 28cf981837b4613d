package import ProjectModel

/// Looks into the content of members as they are read: for syntax, for rules of the project.
///
/// Called from several tasks at once, once for each newly read content; the results are kept with
/// the file until its content changes. Must be a pure function of its arguments.
package protocol MemberInspector: Sendable {
  /// Whether `inspect` wants the whole content in memory; said by path and size in bytes.
  func wants(_ path: ProjectPath, size: UInt64) -> Bool

  /// The problems of one file; none for most.
  func inspect(_ path: ProjectPath, content: [UInt8]) -> [Problem]
}

extension MemberInspector {
  /// Everything up to 64 MiB.
  package func wants(_ path: ProjectPath, size: UInt64) -> Bool { size <= 64 << 20 }
}
