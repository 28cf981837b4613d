/// The roles that an open project goes by, from one reload to the next.
package struct RolesInForce: Hashable, Sendable {
  package enum Condition: String, Hashable, Sendable {
    case good
    /// The file is broken; the last good content stays in force.
    case kept
    /// The file is broken and there was no good one: nobody has a privilege.
    case broken
    /// There is no file: nobody has a privilege.
    case missing
  }

  package private(set) var roles: Roles = .closed
  package private(set) var condition: Condition = .missing
  /// What is wrong with the file, and what counts then; the report of a reload has the first from
  /// `SourceCheck`.
  package private(set) var problems: [Problem] = []

  package init() {}

  /// Takes over the content of `Project/Sources/roles.json`.
  ///
  /// 4D reads the file at its start alone and switches protection off when it is broken
  /// (4d-domain §9.6); here it is read at every reload, and nothing is ever opened by a mistake.
  ///
  /// - Parameter file: the file's bytes; `nil` when there is no such file.
  package mutating func read(_ file: [UInt8]?) {
    guard let file else {
      self = RolesInForce()
      problems = [
        RolesReader.problem(
          "roles-missing",
          line: nil,
          "there is no such file: nobody has a privilege"
        )
      ]
      return
    }
    do throws(JSONSyntax.Failure) {
      (roles, problems) = try RolesReader.read(file)
      condition = .good
    } catch {
      condition = roles.isClosed ? .broken : .kept
      let effect =
        roles.isClosed ? "nobody has a privilege" : "the privileges from before stay in force"
      problems = [RolesReader.problem("roles-broken", line: error.line, "\(error.text): \(effect)")]
    }
  }
}
