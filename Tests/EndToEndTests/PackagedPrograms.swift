import Foundation

/// The programs that tests package.
enum PackagedPrograms {
  /// Where they are: the built ones without what a debugger needs, which is half of what packaging
  /// would read and compress; as they were built where there is no `strip`.
  static var folder: String {
    get async { await stripped.value }
  }

  private static let stripped = Task {
    let built = URL(filePath: Program.path).deletingLastPathComponent().path
    let folder = built + "/stripped"
    let script = """
      mkdir -p "$2" && for name in syncd syncd-client; do
        strip -o "$2/$name.$$" "$1/$name" && mv "$2/$name.$$" "$2/$name" || exit
      done
      """
    let result = try? await Program.run("/bin/sh", ["-c", script, "sh", built, folder])
    return result?.status == 0 ? folder : built
  }
}
