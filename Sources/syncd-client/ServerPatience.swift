import Console
import SyncClient
import SyncProtocol

/// Waits for a server that was there once and is gone: started anew, or cut off.
struct ServerPatience {
  /// Breaks of one server's connection after which an update that the client can do without is left.
  private static let mostBreaks = 5

  private let output: String
  private let json: Bool
  private var last: ServerVisit?
  private var backoff = Backoff()
  private var random = SystemRandomNumberGenerator()
  private var breaks = 0

  /// - Parameters:
  ///   - output: the client's file, for the report.
  ///   - json: as the client reports.
  init(_ output: String, json: Bool) {
    self.output = output
    self.json = json
  }

  /// Visits a server and brings the client to the version that it wants.
  ///
  /// - Parameters:
  ///   - choice: where servers are looked for.
  ///   - wish: which one is meant; afterwards the one that was there.
  ///   - updates: what takes an update.
  /// - Returns: `nil` when the server was lost on the way; the wait for the next try is over then.
  /// - Throws: what no waiting mends, and whatever the first visit fails with.
  mutating func visit(
    _ choice: ServerChoice,
    _ wish: inout ServerChoice.Wish,
    _ updates: inout ClientUpdates
  ) async throws -> ServerVisit? {
    var isThere = false
    do {
      let visit = try await choice.visit(wish)
      isThere = true
      last = visit
      // The address has worked: where the server says something new, it is there.
      wish = .named(visit.target.address.description, isKnown: true)
      try await updates.settle(from: visit.updates, mayComeBack: breaks < Self.mostBreaks)
      backoff.reset()
      breaks = 0
      return visit
    } catch let error as ClientError where error.isLoss {
      if isThere { breaks += 1 }
      try await wait(after: error, &wish)
      return nil
    }
  }

  /// Waits after a loss, and looks where the server is now.
  ///
  /// - Throws: the loss, where there never was a server.
  mutating func wait(after loss: ClientError, _ wish: inout ServerChoice.Wish) async throws {
    guard let last else { throw loss }
    let wait = backoff.next(using: &random)
    FollowReport(output: output, address: last.target.address, json: json)
      .show(.lost(loss, retryIn: wait))
    try await Task.sleep(for: wait)
    if loss.code == .noServer, let address = await last.whereabouts() {
      wish = .named(address.description, isKnown: true)
    }
  }
}

extension ClientError {
  private static let unavailable = 503

  /// Whether nobody answered, or the connection broke.
  var isBreak: Bool { code == .noServer || code == .connection }

  /// Whether the server may be there again in a moment.
  var isLoss: Bool {
    isBreak || (code == .refused && problem?.status == Self.unavailable)
  }
}
