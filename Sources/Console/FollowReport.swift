import ProjectModel
package import SyncClient
package import SyncProtocol

/// Prints what a follower does.
package struct FollowReport: Sendable {
  private let output: String
  private let address: ServerAddress
  private let json: Bool
  private let bar = ProgressBar("receiving")

  /// - Parameters:
  ///   - output: the file that is kept, as its user named it.
  ///   - address: where the server is.
  ///   - json: one line of JSON a step.
  package init(output: String, address: ServerAddress, json: Bool) {
    self.output = output
    self.address = address
    self.json = json
  }

  private struct Line: Encodable {
    var step: String
    var generation: String?
    var digest: String?
    var detail: String?
    var tookMs: Double?
    /// Bytes that came.
    var received: UInt64?
    var delta: Bool?
  }

  package func show(_ step: BundleFollower.Step) {
    if case .progress(let received, let size) = step { return bar.update(received, of: size) }
    bar.finish()
    let (line, text) = describe(step)
    if json { try? Terminal.say(json: line) } else { Terminal.say(text) }
  }

  /// Tells of a key that was accepted unseen, once: later connections hold against it.
  package func show(pinned fingerprint: String, of server: ServerAddress) {
    bar.finish()
    let text =
      "\(server) is not vouched for by an authority; its key \(fingerprint) is pinned now. "
      + "Compare it with what `syncd serve` printed."
    if json {
      try? Terminal.say(json: Line(step: "pinned", detail: fingerprint))
    } else {
      Terminal.say(text)
    }
  }

  private func describe(_ step: BundleFollower.Step) -> (Line, String) {
    switch step {
    case .connected(let project):
      (Line(step: "connected", detail: project), "connected to \(project) at \(address)")
    case .upToDate(let record):
      (
        Line(step: "up-to-date", generation: record.id, digest: record.digest.hex),
        "generation \(record.id): \(output) is current"
      )
    case .notice(let notice): describe(notice)
    case .updated(let record, let took, let received, let isDelta):
      (
        Line(
          step: "updated",
          generation: record.id,
          digest: record.digest.hex,
          tookMs: took / .milliseconds(1),
          received: received,
          delta: isDelta
        ),
        "generation \(record.id): \(output) verified, \(Terminal.count(record.members, "member")), "
          + "\(Terminal.size(record.size)), "
          + (isDelta ? "by a delta of \(Terminal.size(received)), " : "") + Terminal.time(took)
      )
    case .developing:
      (Line(step: "developing"), "development mode: this client may write into the project folder")
    case .degraded(let problems):
      (
        Line(step: "degraded", detail: problems.first?.text),
        "the project cannot be built, the last good generation stays: "
          + (problems.first.map(Terminal.line(for:)) ?? "no reason given")
      )
    case .recovered: (Line(step: "recovered"), "the project can be built again")
    case .message(let text):
      (Line(step: "message", detail: text), "message from the server: \(text)")
    case .draining: (Line(step: "draining"), "the server is shutting down")
    case .lost(let error, let wait):
      (
        Line(step: "lost", detail: error.message),
        "\(error.message) Trying again in \(Terminal.time(wait))."
      )
    case .moved(let address):
      (
        Line(step: "moved", detail: address.description),
        "the server says that it is at \(address) now"
      )
    case .waiting:
      (Line(step: "waiting"), "another client is writing \(output): waiting for it")
    case .progress: (Line(step: "progress"), "")
    }
  }

  private func describe(_ notice: ReconnectRequired) -> (Line, String) {
    let changed = notice.changed
    let names = changed.names.prefix(3).joined(separator: ", ")
    let id = "\(notice.epoch):\(notice.gen)"
    return (
      Line(step: "reconnect-required", generation: id, digest: notice.digest.hex, detail: names),
      "reconnect required: generation \(id), \(notice.reason.rawValue), "
        + "\(Terminal.count(changed.total, "member")) changed: \(names)\(changed.total > 3 ? ", …" : "")"
    )
  }
}
