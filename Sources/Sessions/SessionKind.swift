/// What a session is for (4d-domain §9.1); the raw value is `info.type`.
package enum SessionKind: String, Hashable, Sendable, CaseIterable {
  /// A client and all its connections.
  case remote
  /// One, virtual, for all work on the server: hooks, start and end.
  case storedProcedure
  /// The whole of a single-user application.
  case standalone
  /// A browser, known by its cookie.
  case web

  package var isDesktop: Bool { self != .web }
}

/// Which version of 4D the session object behaves as.
package enum SessionSemantics: String, Hashable, Sendable, CaseIterable {
  /// 4D 21: there is no session object on a remote client.
  case v21 = "21"
  /// 4D 21 R3: a client has one, with a storage of its own.
  case v21R3 = "21r3"
}

/// How a session is, as `info.state` says it (4d-domain §9.3).
package enum SessionState: String, Hashable, Sendable {
  /// It has a connection, or had one a moment ago.
  case active
  /// Its connections are gone; it waits for its client.
  case postponed
  /// Its client has said that its machine goes to sleep.
  case sleeping
}
