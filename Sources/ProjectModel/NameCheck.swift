/// Whether names can be stored on the machines of Windows and macOS clients.
///
/// A Linux disk takes nearly any bytes; a client that unpacks or caches the project may not.
package enum NameCheck {
  private static let forbidden = Set("<>:\"|?*\\".utf8)
  private static let longest = 255

  /// The problems of all names of a project; `paths` in any order.
  package static func problems(in paths: some Sequence<ProjectPath>) -> [Problem] {
    var problems: [Problem] = []
    var seen: [ProjectPath: [String: ProjectPath]] = [:]
    for path in paths {
      let name = String(decoding: path.name, as: UTF8.self)
      if let reason = hostility(of: name) {
        problems.append(
          warning("name-not-portable", path, "Windows cannot store this name: \(reason)")
        )
      }
      // Two strings that differ only in Unicode form are equal in Swift, so this finds both kinds.
      let folded = name.lowercased()
      if let twin = seen[path.parent]?[folded] {
        problems.append(
          warning(
            "name-twin",
            path,
            "it differs from \(twin.display) only in case or Unicode form; clients can keep one"
          )
        )
      } else {
        seen[path.parent, default: [:]][folded] = path
      }
    }
    return problems
  }

  private static func warning(_ rule: String, _ path: ProjectPath, _ text: String) -> Problem {
    Problem(rule: rule, severity: .warning, file: path.display, text: text)
  }

  private static func hostility(of name: String) -> String? {
    if let byte = name.utf8.first(where: { forbidden.contains($0) }) {
      return "it contains '\(Character(Unicode.Scalar(byte)))'"
    }
    if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      return "it contains a control character"
    }
    if name.hasSuffix(".") || name.hasSuffix(" ") { return "it ends in a dot or a space" }
    if name.utf16.count > longest { return "it is longer than \(longest) characters" }
    let stem = name.prefix { $0 != "." }.uppercased()
    return isDevice(stem) ? "\(stem) is a device there" : nil
  }

  private static func isDevice(_ stem: String) -> Bool {
    if ["CON", "PRN", "AUX", "NUL"].contains(stem) { return true }
    guard stem.utf8.count == 4, stem.hasPrefix("COM") || stem.hasPrefix("LPT") else { return false }
    return stem.last.map { ("1"..."9").contains($0) } ?? false
  }
}
