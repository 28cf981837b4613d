import Foundation

/// The hooks of one git repository that call `syncd reload`.
///
/// git has no hook for `reset --hard`, `stash` or `clean`; the watcher sees those, and a hook is
/// only the faster way (protocol §2.4).
struct GitHooks {
  /// What an installed hook runs.
  struct Call {
    let program: String
    let project: String
    /// A state folder that is not the usual one.
    let stateFolder: String?
  }

  /// Why hooks cannot be installed; one sentence.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let names = ["post-checkout", "post-merge", "post-rewrite"]
  private static let mark =
    "# Installed by `syncd hooks install`; `syncd hooks remove` takes it away."
  private static let keptSuffix = ".before-syncd"
  private static let secondsToWait = 2

  private let folder: URL

  /// Finds the hooks folder of the repository around a project.
  init(around project: String) throws {
    guard let path = try Self.git(project, "rev-parse", "--git-path", "hooks") else {
      throw Failure(description: "\(project) is not in a git repository: run `git init` first.")
    }
    folder =
      URL(
        filePath: path,
        directoryHint: .isDirectory,
        relativeTo: URL(filePath: project, directoryHint: .isDirectory)
      )
      .standardizedFileURL
    let homes = try ["--git-common-dir", "--show-toplevel"].compactMap {
      try Self.git(project, "rev-parse", "--path-format=absolute", $0)
    }
    guard homes.contains(where: { folder.path.hasPrefix($0) }) else {
      throw Failure(
        description: "core.hooksPath is \(folder.path), which other repositories share: "
          + "call `syncd reload --reason git-hook \(project)` from your own hooks there."
      )
    }
  }

  /// The path of the running program.
  static func program() throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  }

  /// Installs all hooks; doing it again renews them.
  ///
  /// - Returns: a line for each.
  func install(_ call: Call) throws -> [String] {
    let files = FileManager.default
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    return try Self.names.map { name in
      let hook = folder.appending(path: name)
      let kept = folder.appending(path: name + Self.keptSuffix)
      if files.fileExists(atPath: hook.path), !isOurs(hook) {
        guard !files.fileExists(atPath: kept.path) else {
          throw Failure(
            description: "\(hook.path) and \(kept.path) are both there: remove one, then try again."
          )
        }
        try files.moveItem(at: hook, to: kept)
      }
      try Data(script(name, call).utf8).write(to: hook, options: .atomic)
      try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook.path)
      let before = files.fileExists(atPath: kept.path) ? ", after \(kept.lastPathComponent)" : ""
      return "\(name): installed in \(folder.path)\(before)"
    }
  }

  /// Takes our hooks away and puts kept ones back.
  func remove() throws -> [String] {
    let files = FileManager.default
    return try Self.names.map { name in
      let hook = folder.appending(path: name)
      guard isOurs(hook) else { return "\(name): not installed" }
      try files.removeItem(at: hook)
      let kept = folder.appending(path: name + Self.keptSuffix)
      guard files.fileExists(atPath: kept.path) else { return "\(name): removed" }
      try files.moveItem(at: kept, to: hook)
      return "\(name): removed, the hook from before is back"
    }
  }

  func status() -> [String] {
    Self.names.map { name in
      "\(name): \(isOurs(folder.appending(path: name)) ? "installed in \(folder.path)" : "not installed")"
    }
  }

  private func isOurs(_ hook: URL) -> Bool {
    (try? String(contentsOf: hook, encoding: .utf8))?.contains(Self.mark) ?? false
  }

  private func script(_ name: String, _ call: Call) -> String {
    let state = call.stateFolder.map { " --state-dir \(Self.quoted($0))" } ?? ""
    let rebase = """
      # Each step of a rebase checks out; post-rewrite speaks for all of them.
      for step in rebase-merge rebase-apply; do
        if [ -d "$(git rev-parse --git-path "$step")" ]; then exit "$status"; fi
      done

      """
    return """
      #!/bin/sh
      \(Self.mark)
      status=0
      kept="$0\(Self.keptSuffix)"
      if [ -x "$kept" ]; then "$kept" "$@" || status=$?; fi
      \(name == "post-checkout" ? rebase : "")\
      answer=$(\(Self.quoted(call.program)) reload \(Self.quoted(call.project))\(state) \
      --reason git-hook --cause "$(git rev-parse --verify -q HEAD)" --deadline \(Self.secondsToWait) 2>&1 </dev/null)
      # 3: no server runs, and that is nobody's business here.
      if [ $? -ne 3 ]; then printf 'syncd: %s\\n' "$(printf '%s' "${answer#syncd: }" | head -n 1)" >&2; fi
      exit "$status"

      """
  }

  static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }

  /// Runs git in a folder; `nil` when it fails.
  static func git(_ folder: String, _ arguments: String...) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
