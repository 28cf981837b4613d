/// How far the reading and packing of a project's files is.
package struct BuildProgress: Sendable, Hashable {
  package let files: Int
  package let totalFiles: Int
  package let bytes: UInt64
  package let totalBytes: UInt64
}
