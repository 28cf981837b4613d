/// What a client of the development mode may lock (4d-domain §3.4).
package struct LockTarget: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// A method, class or trigger: `name` is its path below the package root.
    case method
    /// A form with everything in its folder: `name` is the folder's path below the package root.
    case form
    /// A page of the toolbox: `name` is one of `ToolboxPage`.
    case page
    /// The database settings as a whole.
    case settings
    /// The compiler: one machine at a time.
    case compile
  }

  package let kind: Kind
  /// `nil` for `settings` and `compile`.
  package let name: String?

  package init(_ kind: Kind, name: String? = nil) {
    self.kind = kind
    self.name = name
  }
}

/// The pages of 4D's toolbox.
package enum ToolboxPage: String, Hashable, Sendable, Codable, CaseIterable {
  case users, groups, menus, lists, filters, tips, pictures, resources
  case styleSheets = "style-sheets"
}

/// Who holds a lock, for those who meet it.
package struct LockOwner: Hashable, Sendable, Codable {
  /// The id of the client session; the lock ends with it.
  package let session: String
  package let userName: String
  package let machineName: String

  package init(session: String, userName: String, machineName: String) {
    self.session = session
    self.userName = userName
    self.machineName = machineName
  }
}

/// A lock that is held.
package struct LockRecord: Hashable, Sendable, Codable {
  package let id: String
  package let target: LockTarget
  package let owner: LockOwner
  /// UTC, RFC 3339, with milliseconds.
  package let since: String

  package init(id: String, target: LockTarget, owner: LockOwner, since: String) {
    self.id = id
    self.target = target
    self.owner = owner
    self.since = since
  }
}

/// What `GET /v1/locks` answers.
package struct LockList: Hashable, Sendable, Codable {
  package let locks: [LockRecord]

  package init(locks: [LockRecord]) { self.locks = locks }
}
