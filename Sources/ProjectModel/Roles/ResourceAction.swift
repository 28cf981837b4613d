/// What a web request wants to do: `read` with `dataclass:Books`.
package struct ResourceAction: Hashable, Sendable {
  package let action: PermissionAction
  package let resource: ProtectedResource

  package init(_ action: PermissionAction, on resource: ProtectedResource) {
    self.action = action
    self.resource = resource
  }

  /// Reads an action and a resource, which is written `TYPE:NAME` with the types of `roles.json`.
  ///
  /// - Throws: a sentence about what is none, or do not fit together.
  package init(
    action: some StringProtocol,
    resource: some StringProtocol
  ) throws(ResourceFailure) {
    let resource = try ProtectedResource(reading: resource)
    try self.init(asking: PermissionAction(reading: action), of: resource)
  }

  /// Puts an action and a resource together that were read.
  ///
  /// - Throws: a sentence where they do not fit.
  package init(
    asking action: PermissionAction,
    of resource: ProtectedResource
  ) throws(ResourceFailure) {
    let kind = resource.kind
    guard kind.actions.contains(action) else {
      let possible = kind.actions.map(\.rawValue).joined(separator: ", ")
      throw ResourceFailure(
        text: "\(action.rawValue) is no action of the type \(kind.rawValue); possible: \(possible)"
      )
    }
    self.init(action, on: resource)
  }

  /// Whether a text begins as a resource does.
  package static func isResource(_ text: some StringProtocol) -> Bool {
    guard let colon = text.firstIndex(of: ":") else { return false }
    return ProtectedResource.Kind(rawValue: String(text[..<colon])) != nil
  }

}

extension PermissionAction {
  /// Reads what a web request can ask for.
  package init(reading text: some StringProtocol) throws(ResourceFailure) {
    guard let action = PermissionAction(rawValue: String(text)), action != .promote,
      action != .describe
    else {
      throw ResourceFailure(text: "an action is create, read, update, drop or execute")
    }
    self = action
  }
}

extension ProtectedResource {
  /// Reads a resource, which is written `TYPE:NAME` with the types of `roles.json`.
  ///
  /// - Throws: a sentence about what is none.
  package init(reading text: some StringProtocol) throws(ResourceFailure) {
    guard let colon = text.firstIndex(of: ":"),
      let kind = ProtectedResource.Kind(rawValue: String(text[..<colon]))
    else {
      throw ResourceFailure(
        text: "a resource is TYPE:NAME, for example dataclass:Books, and its type datastore, "
          + "dataclass, attribute, method, singleton or singletonMethod"
      )
    }
    let name = String(text[text.index(after: colon)...])
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }
    let (count, shape) = Self.shape(of: kind)
    guard isName, parts.count == count, kind != .datastore || name == "ds" else {
      throw ResourceFailure(text: "behind \(kind.rawValue): stands \(shape)")
    }
    self.init(kind, name)
  }

  /// How many names stand behind the type, and how they are written.
  private static func shape(of kind: ProtectedResource.Kind) -> (count: Int, text: String) {
    switch kind {
    case .datastore: (1, "ds")
    case .dataclass, .singleton: (1, "Class")
    case .attribute: (2, "Class.attribute")
    case .method: (2, "Class.function or ds.function")
    case .singletonMethod: (2, "Class.function")
    }
  }
}

/// A text that names no action on a resource; without a capital letter and a full stop.
package struct ResourceFailure: Error, Hashable, Sendable {
  package let text: String
}
