import Logging
import Synchronization

/// The rules in force, and their replacement when the rule file changes.
final class WebRuleDesk: Sendable {
  private let path: String?
  private let errors: ServerCounters.Counter
  private let logger: Logger
  private let state: Mutex<WebRules>
  /// The file as it was when it was first read.
  private let first: PrivateFile.Stamp?

  /// Reads the file; without one everything is open, with a broken one nothing is.
  ///
  /// Each time that it cannot be used is counted in `errors`.
  init(_ path: String?, errors: ServerCounters.Counter, logger: Logger) {
    self.path = path
    self.errors = errors
    self.logger = logger
    first = path.flatMap { PrivateFile.stamp($0) }
    state = Mutex(path == nil ? .open : .closed)
    read(keeping: "nobody gets in until it is mended")
  }

  var current: WebRules { state.withLock { $0 } }

  /// Looks for a changed file, until cancelled; the last good rules stay while it is broken
  /// or holds none.
  func watch(every interval: Duration) async {
    guard let path else { return }
    var known = first
    while (try? await Task.sleep(for: interval)) != nil {
      let stamp = PrivateFile.stamp(path)
      guard stamp != known else { continue }
      known = stamp
      if read(keeping: "the rules from before stay, if there were any") {
        logger.notice("The rules of the web listener were replaced", metadata: ["file": "\(path)"])
      }
    }
  }

  /// - Returns: whether the file is good.
  @discardableResult
  private func read(keeping effect: String) -> Bool {
    guard let path else { return false }
    do {
      let rules = try WebRules(reading: try PrivateFile.read(path, isSecret: false))
      state.withLock { $0 = rules }
      return true
    } catch let failure as WebRules.Failure {
      complain("\(path):\(failure.line): \(failure.text)", effect)
    } catch let failure as PrivateFile.Failure {
      complain("\(path) \(failure.reason)", effect)
    } catch {
      complain("\(path) cannot be read: \(error)", effect)
    }
    return false
  }

  private func complain(_ reason: String, _ effect: String) {
    errors.add()
    logger.error(
      "The rules of the web listener cannot be used",
      metadata: ["reason": "\(reason)", "effect": "\(effect)"]
    )
  }
}
