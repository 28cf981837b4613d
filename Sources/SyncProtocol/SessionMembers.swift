/// The body of `POST /v1/sessions/{id}/otp`; 4D's `createOTP`.
package struct PasscodeRequest: Hashable, Sendable, Codable {
  /// Seconds; 10 for a desktop session and the idle time of a web session when left out.
  package let lifespan: Int?

  package init(lifespan: Int? = nil) { self.lifespan = lifespan }
}

/// A one-time passcode, told once: what `$4DSID` carries to a browser.
package struct PasscodeAnswer: Hashable, Sendable, Codable {
  package let otp: String

  package init(otp: String) { self.otp = otp }
}

/// The body of `POST /v1/sessions/{id}/privileges` in its longest form; 4D's `setPrivileges`.
package struct PrivilegeRequest: Hashable, Sendable, Codable {
  package let privileges: [String]
  package let roles: [String]

  package init(privileges: [String], roles: [String]) {
    self.privileges = privileges
    self.roles = roles
  }
}

/// What a session may do in web requests.
package struct PrivilegeList: Hashable, Sendable, Codable {
  /// With all that they include, promotions of single processes left out.
  package let privileges: [String]
  package let isGuest: Bool

  package init(privileges: [String], isGuest: Bool) {
    self.privileges = privileges
    self.isGuest = isGuest
  }
}

/// Whether a session has one privilege.
package struct PrivilegeAnswer: Hashable, Sendable, Codable {
  package let hasPrivilege: Bool

  package init(hasPrivilege: Bool) { self.hasPrivilege = hasPrivilege }
}

/// The body of `POST /v1/sessions/{id}/processes`: a piece of server-side work begins.
package struct ProcessRequest: Hashable, Sendable, Codable {
  package let name: String

  package init(name: String) { self.name = name }
}

/// A process of a session by its number.
package struct ProcessAnswer: Hashable, Sendable, Codable {
  package let number: Int

  package init(number: Int) { self.number = number }
}

/// The body of `POST …/processes/{number}/promotions`; 4D's `promote`.
package struct PromotionRequest: Hashable, Sendable, Codable {
  package let privilege: String

  package init(privilege: String) { self.privilege = privilege }
}

/// What `demote` takes.
package struct PromotionAnswer: Hashable, Sendable, Codable {
  /// 0 when the name is not declared or the process has the privilege already.
  package let id: Int

  package init(id: Int) { self.id = id }
}

/// The body of `POST /v1/sessions/{id}/storage/leases`; 4D's `Use`.
package struct LeaseRequest: Hashable, Sendable, Codable {
  /// The number of a process of the session.
  package let process: Int
  /// Milliseconds; 5,000 when left out, at most 30,000.
  package let durationMs: Int?
  /// Whether to wait behind others; true when left out.
  package let waits: Bool?

  package init(process: Int, durationMs: Int? = nil, waits: Bool? = nil) {
    self.process = process
    self.durationMs = durationMs
    self.waits = waits
  }
}

/// A lease on a session's storage, from now on.
package struct LeaseAnswer: Hashable, Sendable, Codable {
  /// What changes of the storage carry, and what ends it.
  package let lease: UInt64
  package let durationMs: Int

  package init(lease: UInt64, durationMs: Int) {
    self.lease = lease
    self.durationMs = durationMs
  }
}

/// How long a web session lives.
package struct WebLife: Hashable, Sendable, Codable {
  /// Minutes without a request after which it ends.
  package let idleTimeout: Int
  /// `YYYY-MM-DDTHH:MM:SS.mmmZ`; left out where the idle time is set.
  package let expirationDate: String?

  package init(idleTimeout: Int, expirationDate: String? = nil) {
    self.idleTimeout = idleTimeout
    self.expirationDate = expirationDate
  }
}
