import Glibc
import Watcher

/// A folder to be watched and one for cookies, both removed in the end.
final class TestTree: Sendable {
  let base: String
  let root: String
  let cookies: String

  init() {
    var template = Array("/tmp/syncd-watcher-XXXXXX".utf8CString)
    base = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/syncd-watcher"
    root = base + "/root"
    cookies = base + "/cookies"
    Disk.folder(root)
    mkdir(cookies, 0o700)
  }

  deinit {
    Disk.remove(base)
  }

  /// Returns when what was written so far is older than the tick of the coarsest clock that a file
  /// system has: until then no look can tell whether it is written again, and it is told once more.
  func age() async throws {
    let mark = outside("mark")
    var status = stat()
    func time() -> Int {
      Disk.write(mark, "x")
      stat(mark, &status)
      return status.st_ctim.tv_sec * 1_000 + status.st_ctim.tv_nsec / 1_000_000
    }
    let written = time()
    while time() <= written + 30 {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  /// The absolute path of something in the root.
  func path(_ relative: String) -> String { relative.isEmpty ? root : root + "/" + relative }

  /// A path beside the root.
  func outside(_ name: String) -> String { base + "/" + name }
}

/// The editor noise that the service ignores, cut down to what the tests need.
struct NoiseFilter: WatchFilter {
  func watches(directory path: [UInt8]) -> Bool {
    let path = String(decoding: path, as: UTF8.self)
    return !path.hasSuffix("DerivedData") && !path.hasSuffix(".syncd")
  }

  func reports(file path: [UInt8]) -> Bool {
    let name = String(decoding: path.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
    return !name.hasSuffix("~") && !name.hasPrefix(".#") && !name.hasPrefix("#")
      && !name.hasSuffix(".swp") && !name.hasSuffix(".swx") && !name.hasSuffix(".tmp")
      && name != "4913" && name != ".DS_Store" && !name.hasPrefix("._") && name != "Thumbs.db"
  }
}
