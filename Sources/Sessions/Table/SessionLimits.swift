/// How long sessions live, and how many there may be.
package struct SessionLimits: Hashable, Sendable {
  /// A lost client keeps its session so long.
  package let grace: Duration
  /// A client that announced sleep keeps it so long (4d-domain §7.3).
  package let sleep: Duration
  /// A client whose last contact is older, and that has no connection, is out of reach.
  package let contact: Duration
  package let storage: SharedObject.Limits
  /// Clients and signed-in browsers at a time; `nil` is without a limit.
  ///
  /// A browser that shares a session uses its seat.
  package let seats: Int?
  /// Open sessions of clients at a time: what anybody may open must be bounded.
  package let mostClients: Int
  /// Of these some are kept for those who begin in development mode: nobody else can use them up.
  package let reserved: Int
  package let mostWebSessions: Int
  /// A cookie that was replaced is honoured so long, for requests that were under way.
  package let cookieOverlap: Duration

  package init(
    grace: Duration = .seconds(90),
    sleep: Duration = .seconds(172_800),
    contact: Duration = .seconds(20),
    storage: SharedObject.Limits = SharedObject.Limits(),
    seats: Int? = nil,
    mostClients: Int = 10_000,
    reserved: Int = 1000,
    mostWebSessions: Int = 10_000,
    cookieOverlap: Duration = .seconds(5)
  ) {
    self.grace = grace
    self.sleep = sleep
    self.contact = contact
    self.storage = storage
    self.seats = seats
    self.mostClients = mostClients
    self.reserved = reserved
    self.mostWebSessions = mostWebSessions
    self.cookieOverlap = cookieOverlap
  }
}
