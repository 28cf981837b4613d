/// What no web folder may show: the project's code, the hashes of its users' passwords, its data.
package struct WebBounds: Hashable, Sendable {
  /// The folders and files that browsers must see nothing of.
  package var hidden: [String]
  /// The operator has named the folder: where a link leads is then his choice.
  ///
  /// The project's own comes from everybody who may push to its repository: no link stands for it.
  package var isNamed: Bool

  package init(hidden: [String] = [], isNamed: Bool = false) {
    self.hidden = hidden
    self.isNamed = isNamed
  }

  /// Why a folder cannot be served; `nil` for one that can.
  package func objection(to folder: String) -> String? {
    objection(toLinkAt: folder) ?? objection(toPlace: RealPath.of(folder))
  }

  func objection(toLinkAt folder: String) -> String? {
    guard !isNamed, RealPath.isLink(folder) else { return nil }
    return "it is a symbolic link; name the folder that it leads to with --web-folder"
  }

  /// Of a folder by its real name.
  func objection(toPlace place: String) -> String? {
    hidden.first { Self.overlap(RealPath.of($0), place) }.map { "browsers would see \($0)" }
  }

  /// Whether one of two places is the other, or lies in it.
  private static func overlap(_ one: String, _ other: String) -> Bool {
    let paths = [one, other].map { Array(($0 == "/" ? $0 : $0 + "/").utf8) }
    return paths[0].starts(with: paths[1]) || paths[1].starts(with: paths[0])
  }
}
