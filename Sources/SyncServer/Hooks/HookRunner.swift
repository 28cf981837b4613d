import Logging
import Subprocess
import SystemPackage

/// Runs hooks: a few at a time, each for a limited time, its output in the log.
actor HookRunner {
  enum Outcome: Hashable, Sendable {
    /// There is no such hook.
    case absent
    /// It ended with this status; with 128 and the signal's number where a signal ended it.
    case ended(Int)
    case timedOut
    /// It could not be run.
    case failed
    /// Too many wait already.
    case busy
    /// Whoever called it waits no more.
    case cancelled
  }

  /// Hooks under way at a time: a slow one holds up the others of its kind, and no more.
  static let mostRunning = 4
  /// Those of them that are owed: a client that opens does not wait behind thousands that end.
  static let mostOwedRunning = 2
  static let mostWaiting = 256

  private let folder: HookFolder
  private let timeout: Duration
  private let log: HookLog
  private var running = 0
  private var owedRunning = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var owedWaiting: ArraySlice<CheckedContinuation<Void, Never>> = []

  init(_ folder: HookFolder, timeout: Duration, log: HookLog) {
    self.folder = folder
    self.timeout = timeout
    self.log = log
  }

  /// Runs a hook with further variables in its environment, after those that wait already.
  ///
  /// One that is owed runs however many wait: for a connection that a hook has accepted.
  func run(
    _ name: HookName,
    _ variables: [String: String],
    isOwed: Bool = false,
    timeout limit: Duration? = nil
  ) async -> Outcome {
    guard isOwed || waiting.count < Self.mostWaiting else { return .busy }
    await begin(isOwed: isOwed)
    defer { end(isOwed: isOwed) }
    // It may have waited long.
    guard !Task.isCancelled else { return .cancelled }
    let program: String?
    do throws(ServerError) { program = try folder.program(for: name) } catch {
      log.logger.error("A hook is not run", metadata: ["error": "\(error)"])
      return .failed
    }
    guard let program else { return .absent }
    let outcome = await Self.run(program, name, variables, within: limit ?? timeout, log)
    if outcome != .ended(0) {
      log.logger.notice(
        "A hook ended",
        metadata: ["hook": "\(name.rawValue)", "outcome": "\(outcome)"]
      )
    }
    return outcome
  }

  private func begin(isOwed: Bool) async {
    let isFree = running < Self.mostRunning && (!isOwed || owedRunning < Self.mostOwedRunning)
    guard !isFree else {
      running += 1
      owedRunning += isOwed ? 1 : 0
      return
    }
    // Whoever ends counts for who goes on.
    await withCheckedContinuation { continuation in
      if isOwed { owedWaiting.append(continuation) } else { waiting.append(continuation) }
    }
  }

  private func end(isOwed: Bool) {
    running -= 1
    owedRunning -= isOwed ? 1 : 0
    while running < Self.mostRunning {
      if owedRunning < Self.mostOwedRunning, let next = owedWaiting.popFirst() {
        running += 1
        owedRunning += 1
        next.resume()
      } else if !waiting.isEmpty {
        running += 1
        waiting.removeFirst().resume()
      } else {
        return
      }
    }
  }

  /// Runs beside a timer; whichever ends first ends the other.
  @concurrent private static func run(
    _ program: String,
    _ name: HookName,
    _ variables: [String: String],
    within timeout: Duration,
    _ log: HookLog
  ) async -> Outcome {
    await withTaskGroup(of: Outcome?.self) { group in
      group.addTask { await start(program, name, variables, log) }
      group.addTask {
        do { try await Task.sleep(for: timeout) } catch { return nil }
        return .timedOut
      }
      var first: Outcome?
      for await outcome in group {
        guard let outcome else { continue }
        first = first ?? outcome
        group.cancelAll()
      }
      return Task.isCancelled ? .cancelled : first ?? .failed
    }
  }

  private static func start(
    _ program: String,
    _ name: HookName,
    _ variables: [String: String],
    _ log: HookLog
  ) async -> Outcome {
    var options = PlatformOptions()
    // What the hook has started goes with it.
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    let environment = variables.reduce(into: [Environment.Key: String?]()) { all, pair in
      if let key = Environment.Key(rawValue: pair.key) { all[key] = pair.value }
    }
    do {
      let result = try await Subprocess.run(
        .path(FilePath(program)),
        environment: .inherit.updating(environment),
        platformOptions: options,
        input: .none,
        output: .sequence,
        error: .combinedWithOutput
      ) { execution in
        // What it prints never decides: where that cannot be read the status counts all the same.
        var output = HookOutput()
        do {
          for try await buffer in execution.standardOutput {
            for line in buffer.withUnsafeBytes({ output.lines(of: $0) }) {
              await log.tell(line, of: name)
            }
          }
        } catch {}
        if let line = output.rest() { await log.tell(line, of: name) }
      }
      switch result.terminationStatus {
      case .exited(let code): return .ended(Int(code))
      case .signaled(let signal): return .ended(128 + Int(signal))
      }
    } catch is CancellationError {
      return .cancelled
    } catch {
      log.logger.error(
        "A hook cannot be run",
        metadata: ["hook": "\(name.rawValue)", "error": "\(error)"]
      )
      return .failed
    }
  }
}
