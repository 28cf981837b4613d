/// Reads `roles.json` (4d-domain §9.6).
///
/// What would take protection away if it were skipped (a permission that cannot be read) makes the
/// whole file broken; what would only give less (a privilege without a name, an unknown name) is
/// reported and left out.
struct RolesReader {
  private let spans: JSONSpans
  private var problems: [Problem] = []
  /// The places of the privileges by folded name.
  private var indices: [String: Int] = [:]

  /// Reads the bytes of the file.
  ///
  /// - Throws: the first thing that makes the file unusable.
  static func read(
    _ bytes: [UInt8]
  ) throws(JSONSyntax.Failure) -> (roles: Roles, problems: [Problem]) {
    var reader = RolesReader(spans: try JSONSpans(scanning: bytes))
    let roles = try reader.roles()
    return (roles, reader.problems)
  }

  /// What is wrong with the bytes of the file: what makes it unusable, or else what is left out.
  static func problems(in bytes: [UInt8]) -> [Problem] {
    do throws(JSONSyntax.Failure) {
      return try read(bytes).problems
    } catch {
      return [
        problem("roles-broken", line: error.line, "\(error.text): nothing of the file is used")
      ]
    }
  }

  private init(spans: JSONSpans) { self.spans = spans }

  private mutating func roles() throws(JSONSyntax.Failure) -> Roles {
    let root = spans.root
    guard root.kind == .object else { throw failure(root, "the file is no JSON object") }
    let privileges = try privileges(in: root)
    var roles: [String: [Int]] = [:]
    for node in try list("roles", in: root, isNeeded: false) {
      guard let name = name(of: node, "role") else { continue }
      roles[Roles.folded(name), default: []] += included(in: node, "privileges", of: name)
    }
    return Roles(
      privileges: privileges,
      roles: roles,
      permissions: try permissions(in: root),
      forceLogin: try flag("forceLogin", in: root),
      restrictedByDefault: try flag("restrictedByDefault", in: root)
    )
  }

  // MARK: Privileges

  private mutating func privileges(in root: JSONNode) throws(JSONSyntax.Failure) -> [Roles
    .Privilege]
  {
    var names: [String] = []
    var nodes: [[JSONNode]] = []
    for node in try list("privileges", in: root, isNeeded: true) {
      guard let name = name(of: node, "privilege") else { continue }
      let folded = Roles.folded(name)
      if folded == Roles.folded(Roles.webAdmin) {
        report(node, "roles-reserved-name", "\(name) is 4D's own: its declaration is ignored")
      } else if let index = indices[folded] {
        report(node, "roles-duplicate-name", "the privilege \(name) is declared twice")
        nodes[index].append(node)
      } else {
        indices[folded] = names.count
        names.append(name)
        nodes.append([node])
      }
    }
    return zip(names, nodes).map { name, nodes in
      Roles.Privilege(
        name: name,
        includes: nodes.flatMap { included(in: $0, "includes", of: name) }
      )
    }
  }

  /// The places of the privileges that a privilege or role includes.
  private mutating func included(in node: JSONNode, _ key: String, of owner: String) -> [Int] {
    guard let list = node.value(of: key) else { return [] }
    guard let names = Self.names(in: list) else {
      report(list, "roles-malformed", "\"\(key)\" of \(owner) is no list and is ignored")
      return []
    }
    return names.compactMap { item in
      guard let name = item.text else {
        report(item, "roles-malformed", "\"\(key)\" of \(owner) holds something but names")
        return nil
      }
      let folded = Roles.folded(name)
      if let index = indices[folded] { return index }
      // Everybody has this one.
      guard folded != Roles.guest else { return nil }
      if folded == Roles.folded(Roles.webAdmin) {
        report(item, "roles-reserved-name", "\(owner) cannot include \(name)")
      } else {
        report(item, "roles-unknown-name", "\(owner) includes \(name), which is not declared")
      }
      return nil
    }
  }

  private mutating func name(of node: JSONNode, _ key: String) -> String? {
    guard let name = node.value(of: key)?.text, !name.isEmpty else {
      report(node, "roles-malformed", "an entry without a \"\(key)\" is ignored")
      return nil
    }
    // Not made another name: with spaces taken away " guest " would open what nobody meant to.
    if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
      let text = "the \(key) \"\(name)\" has spaces around its name: setPrivileges cannot give it"
      report(node, "roles-spaced-name", text)
    }
    return name
  }

  // MARK: Permissions

  private func permissions(
    in root: JSONNode
  ) throws(JSONSyntax.Failure) -> [ProtectedResource: [PermissionAction: Set<String>]] {
    guard let node = root.value(of: "permissions"), node.kind == .object else {
      let place = root.value(of: "permissions") ?? root
      throw failure(place, "\"permissions\" is missing or no object")
    }
    var permissions: [ProtectedResource: [PermissionAction: Set<String>]] = [:]
    for entry in try list("allowed", in: node, isNeeded: false) {
      guard let name = entry.value(of: "applyTo")?.text,
        let type = entry.value(of: "type")?.text,
        let kind = ProtectedResource.Kind(rawValue: type)
      else { throw failure(entry, "a permission needs \"applyTo\" and a known \"type\"") }
      let resource =
        kind == .datastore ? ProtectedResource.datastore : ProtectedResource(kind, name).folded
      for action in PermissionAction.allCases {
        guard let list = entry.value(of: action.rawValue) else { continue }
        let items = Self.names(in: list)
        let names = items?.compactMap(\.text) ?? []
        guard let items, names.count == items.count else {
          throw failure(list, "\"\(action.rawValue)\" of \(name) is no list of names")
        }
        guard !names.isEmpty else { continue }
        permissions[resource, default: [:]][action, default: []].formUnion(names.map(Roles.folded))
      }
    }
    return permissions
  }

  // MARK: Values

  private func list(
    _ key: String,
    in node: JSONNode,
    isNeeded: Bool
  ) throws(JSONSyntax.Failure) -> [JSONNode] {
    guard let list = node.value(of: key) else {
      if isNeeded { throw failure(node, "\"\(key)\" is missing") }
      return []
    }
    guard list.kind == .array else { throw failure(list, "\"\(key)\" is no list") }
    return list.items.map(\.value)
  }

  /// The places of names in a list; real files also have a text for a list of one.
  private static func names(in list: JSONNode) -> [JSONNode]? {
    switch list.kind {
    case .array: list.items.map(\.value)
    case .string: [list]
    case .object, .literal: nil
    }
  }

  private func flag(_ key: String, in root: JSONNode) throws(JSONSyntax.Failure) -> Bool {
    guard let node = root.value(of: key) else { return false }
    switch JSONValue(node) {
    case .bool(let value): return value
    case .null: return false
    default: throw failure(node, "\"\(key)\" is neither true nor false")
    }
  }

  private func line(_ node: JSONNode) -> Int { spans.line(at: node.offset ?? 0) }

  private func failure(_ node: JSONNode, _ text: String) -> JSONSyntax.Failure {
    JSONSyntax.Failure(line: line(node), text: text)
  }

  private mutating func report(_ node: JSONNode, _ rule: String, _ text: String) {
    problems.append(Self.problem(rule, line: line(node), text))
  }

  static func problem(_ rule: String, line: Int?, _ text: String) -> Problem {
    Problem(
      rule: rule,
      severity: .warning,
      file: ProjectLayout.roles.display,
      line: line,
      text: text
    )
  }
}
