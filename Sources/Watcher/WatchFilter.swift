/// Says which folders and files of the watched tree matter.
///
/// Paths are raw bytes relative to the root, without a slash in front or behind; the root is
/// empty. The answers must depend on the path alone: they are asked for on the watching thread,
/// often, and are never remembered.
package protocol WatchFilter: Sendable {
  /// False: the folder is neither watched, nor descended into, nor reported.
  func watches(directory path: [UInt8]) -> Bool
  /// False: the file is never reported and wakes nobody.
  func reports(file path: [UInt8]) -> Bool
}
