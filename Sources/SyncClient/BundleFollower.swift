import Bundler
import Glibc
package import ProjectModel
package import SyncProtocol

/// Keeps a local bundle in step with a server.
package struct BundleFollower: Sendable {
  /// What happens meanwhile, for whoever shows it.
  package enum Step: Sendable {
    case connected(project: String)
    /// The local file is the current generation already.
    case upToDate(GenerationRecord)
    case notice(ReconnectRequired)
    case progress(received: UInt64, size: UInt64)
    case updated(GenerationRecord, took: Duration)
    case degraded([Problem])
    case recovered
    case draining
    case message(String)
    case lost(ClientError, retryIn: Duration)
  }

  private let connection: ServerConnection
  private let target: String
  private let report: @Sendable (Step) -> Void

  package init(
    _ connection: ServerConnection,
    target: String,
    report: @escaping @Sendable (Step) -> Void
  ) {
    self.connection = connection
    self.target = target
    self.report = report
  }

  /// Brings the local file to the current generation once.
  ///
  /// - Throws: `ClientError`; the local file is then as it was.
  package func fetchOnce() async throws {
    report(.connected(project: try await connection.hello().project))
    var local = localDigest()
    try await update(to: try await connection.currentGeneration(), local: &local)
  }

  /// Follows the events until cancelled; connection losses are waited out.
  ///
  /// - Throws: `ClientError` when nobody answers the first time, or when the local file cannot be
  ///   written or what came is not what was promised: waiting would not mend these.
  package func follow() async throws {
    var local = localDigest()
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    var wasConnected = false
    while !Task.isCancelled {
      do {
        try await followStream(local: &local) {
          wasConnected = true
          backoff.reset()
        }
      } catch let error as ClientError where wasConnected && error.code.isTransient {
        let wait = backoff.next(using: &random)
        report(.lost(error, retryIn: wait))
        try await Task.sleep(for: wait)
      }
    }
  }

  private func followStream(local: inout Digest?, connected: () -> Void) async throws {
    var held = local
    defer { local = held }
    try await connection.events { event in
      if case .ready = event { connected() }
      try await handle(event, local: &held)
    }
  }

  private func handle(_ event: ServerEvent, local: inout Digest?) async throws {
    switch event {
    case .ready(let ready):
      report(.connected(project: ready.project))
      if let record = ready.generation { try await update(to: record, local: &local) }
    case .reconnectRequired(let notice):
      report(.notice(notice))
      if let record = notice.record { try await update(to: record, local: &local) }
    case .build(let build):
      report(build.state == .degraded ? .degraded(build.problems) : .recovered)
    case .drain: report(.draining)
    case .message(let message): report(.message(message.text))
    case .session:
      // Coming back by itself would undo what somebody wanted.
      throw ClientError(.dropped, "The server dropped this client; connect again when it may.")
    case .bookmark, .catalog, .directory, .reset: break
    }
  }

  /// A newer generation may replace this one at any moment; its notice follows on the stream.
  private func update(to record: GenerationRecord, local: inout Digest?) async throws {
    guard record.digest != local else { return report(.upToDate(record)) }
    let clock = ContinuousClock()
    let began = clock.now
    do {
      try await BundleDownload(connection: connection, target: target).run(record) {
        report(.progress(received: $0, size: $1))
      }
    } catch let error as ClientError
      where error.problem?.problemType == .notFound || error.problem?.problemType == .trimmed
    {
      return
    }
    local = record.digest
    report(.updated(record, took: clock.now - began))
  }

  private func localDigest() -> Digest? {
    guard access(target, F_OK) == 0 else { return nil }
    return try? verifyBundle(at: target).digest
  }
}

extension ClientError.Code {
  /// Whether trying again later may help.
  fileprivate var isTransient: Bool { self == .noServer || self == .connection || self == .refused }
}
