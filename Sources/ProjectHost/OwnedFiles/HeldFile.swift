import Glibc

/// A file that is held open for reading, under whatever name it lies.
final class HeldFile: Sendable {
  let stamp: FileStamp
  private let descriptor: Int32

  /// `nil` when it cannot be opened.
  init?(_ name: String, in folder: FolderHandle) {
    guard let file = try? folder.openFile(name, O_RDONLY) else { return nil }
    guard let stamp = FileStamp(of: file) else {
      close(file)
      return nil
    }
    self.stamp = stamp
    descriptor = file
  }

  deinit { close(descriptor) }
}
