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
  }

  /// Hooks under way at a time: a slow one holds up the others of its kind, and no more.
  static let mostRunning = 4
  static let mostWaiting = 256
  private static let mostLines = 200
  private static let longestLine = 4_096

  private let folder: HookFolder
  private let timeout: Duration
  private let logger: Logger
  private var running = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ folder: HookFolder, timeout: Duration, logger: Logger) {
    self.folder = folder
    self.timeout = timeout
    self.logger = logger
  }

  /// Runs a hook with further variables in its environment, after those that wait already.
  func run(
    _ name: HookName,
    _ variables: [String: String],
    timeout limit: Duration? = nil
  ) async -> Outcome {
    guard waiting.count < Self.mostWaiting else { return .busy }
    if running >= Self.mostRunning {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      running += 1
    }
    defer {
      if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
    }
    let program: String?
    do throws(ServerError) { program = try folder.program(for: name) } catch {
      logger.error("A hook is not run", metadata: ["error": "\(error)"])
      return .failed
    }
    guard let program else { return .absent }
    let outcome = await Self.run(program, name, variables, within: limit ?? timeout, logger)
    if outcome != .ended(0) {
      logger.notice(
        "A hook ended",
        metadata: ["hook": "\(name.rawValue)", "outcome": "\(outcome)"]
      )
    }
    return outcome
  }

  /// Runs beside a timer; whichever ends first ends the other.
  @concurrent private static func run(
    _ program: String,
    _ name: HookName,
    _ variables: [String: String],
    within timeout: Duration,
    _ logger: Logger
  ) async -> Outcome {
    await withTaskGroup(of: Outcome?.self) { group in
      group.addTask { await start(program, name, variables, logger) }
      group.addTask {
        do { try await Task.sleep(for: timeout) } catch { return nil }
        return .timedOut
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? .failed
    }
  }

  private static func start(
    _ program: String,
    _ name: HookName,
    _ variables: [String: String],
    _ logger: Logger
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
        var lines = 0
        let policy = Self.longestLine
        for try await line in execution.standardOutput.strings(
          bufferingPolicy: .maxLineLength(policy)
        ) {
          lines += 1
          guard lines <= Self.mostLines else { continue }
          logger.notice("\(line)", metadata: ["hook": "\(name.rawValue)"])
        }
      }
      switch result.terminationStatus {
      case .exited(let code): return .ended(Int(code))
      case .signaled(let signal): return .ended(128 + Int(signal))
      }
    } catch is CancellationError {
      return .timedOut
    } catch {
      logger.error(
        "A hook cannot be run",
        metadata: ["hook": "\(name.rawValue)", "error": "\(error)"]
      )
      return .failed
    }
  }
}
