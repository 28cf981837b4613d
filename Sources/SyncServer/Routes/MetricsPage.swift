import Glibc
import ProjectHost
import Sessions
import SyncProtocol

/// The figures of a server in the text format that Prometheus reads.
struct MetricsPage {
  private(set) var text = ""

  init(
    condition: ProjectCondition,
    counters: ServerCounters,
    sessions: SessionFigures,
    streams: Int
  ) {
    let generation = condition.generation
    add("syncd_generation", .gauge, "Number of the published generation.", generation?.gen ?? 0)
    add("syncd_bundle_members", .gauge, "Members of the bundle.", generation?.members ?? 0)
    add("syncd_bundle_bytes", .gauge, "Size of the bundle.", generation?.size ?? 0)
    add(
      "syncd_reloads_total",
      "Reloads since the start, by outcome.",
      by: "outcome",
      [
        ("published", condition.published), ("unchanged", condition.unchanged),
        ("failed", condition.failed),
      ]
    )
    add(
      "syncd_last_reload_seconds",
      .gauge,
      "Time that the last reload took.",
      condition.lastReloadSeconds
    )
    add("syncd_sessions", .gauge, "Open client sessions.", sessions.clients)
    add(sessions)
    add(counters.web)
    add("syncd_event_clients", .gauge, "Open event streams.", streams)
    add("syncd_events_sent_total", .counter, "Events written.", counters.sent.count)
    add(
      "syncd_events_coalesced_total",
      .counter,
      "Events that a newer one replaced.",
      counters.coalesced.count
    )
    add(
      "syncd_event_clients_cut_total",
      .counter,
      "Streams cut because nobody read them.",
      counters.cut.count
    )
    add(
      "syncd_proofs_refused_total",
      .counter,
      "Same-machine proofs that did not hold.",
      counters.refusedProofs.count
    )
    add(
      "syncd_connections_timed_out_total",
      .counter,
      "Connections closed for being too slow.",
      counters.timedOut.count
    )
    add(
      "syncd_connections_turned_away_total",
      .counter,
      "Connections of refused addresses or beyond the limits.",
      counters.turnedAway.count
    )
    let watching = condition.watching
    add("syncd_watched_directories", .gauge, "Watched directories.", watching.directories)
    add(
      "syncd_watch_overflows_total",
      .counter,
      "Overflows of the kernel's queue.",
      watching.overflows
    )
    add("process_resident_memory_bytes", .gauge, "Resident memory.", Self.residentBytes())
  }

  private mutating func add(_ sessions: SessionFigures) {
    add("syncd_web_sessions", .gauge, "Open sessions of browsers.", sessions.web)
    add("syncd_web_guests", .gauge, "Those that nobody has signed in to.", sessions.guests)
    add("syncd_seats_taken", .gauge, "Clients and signed-in browsers.", sessions.seats)
    add("syncd_storage_waiting", .gauge, "Processes that wait for a storage.", sessions.waiting)
    let passcodes = sessions.passcodes
    add(
      "syncd_passcodes_total",
      "One-time passcodes that were made, redeemed, and refused.",
      by: "outcome",
      [
        ("created", passcodes.created), ("redeemed", passcodes.redeemed),
        ("refused", passcodes.refused),
      ]
    )
  }

  private mutating func add(_ web: WebCounters) {
    add("syncd_web_requests_total", "Requests of browsers and proxies.", by: "status", web.byStatus)
    add(
      "syncd_web_checks_total",
      "Questions of proxies, by answer.",
      by: "outcome",
      [
        ("allowed", web.allowed.count), ("refused", web.refused.count),
        ("redirected", web.redirected.count),
      ]
    )
    add("syncd_web_streams", .gauge, "Open event streams of pages.", web.streams.count)
    add(
      "syncd_web_rule_errors_total",
      .counter,
      "Rule files that could not be used.",
      web.ruleErrors.count
    )
  }

  private enum Kind: String {
    case counter, gauge
  }

  private mutating func header(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some Numeric) {
    header(name, kind, help)
    text += "\(name) \(value)\n"
  }

  /// Adds a counter with a label.
  private mutating func add(
    _ name: String,
    _ help: String,
    by label: String,
    _ values: [(String, Int)]
  ) {
    header(name, .counter, help)
    for (value, count) in values { text += "\(name){\(label)=\"\(value)\"} \(count)\n" }
  }

  private static func residentBytes() -> Int {
    let statm = KernelFile.text("/proc/self/statm")
    let pages = statm?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }
}
