import Glibc
import Logging
import Synchronization

/// The top of what a web listener serves, opened anew for each request: it may be replaced.
///
/// What was opened is held against the bounds when its place is not the one of before: what was a
/// folder of pages at the start may since lead to the project's code.
final class WebRoot: Sendable {
  private struct Verdict {
    /// `nil` for a link that was not followed, and for what has no name.
    let place: String?
    let isServed: Bool
  }

  private let path: String
  private let bounds: WebBounds
  private let logger: Logger
  private let verdict = Mutex<Verdict?>(nil)

  /// Says so when there is no folder where the operator has named one.
  init(_ path: String, within bounds: WebBounds, logger: Logger) {
    self.path = path
    self.bounds = bounds
    self.logger = logger
    if let folder = open() {
      close(folder)
    } else if bounds.isNamed {
      logger.warning(
        "The web folder cannot be opened: browsers see no file until it can",
        metadata: ["folder": "\(path)"]
      )
    }
  }

  /// Opens the folder, or gives `nil` when there is none, or none that may be served; may block.
  func open() -> CInt? {
    let links = bounds.isNamed ? 0 : O_NOFOLLOW
    let folder = Glibc.open(path, RealPath.nameAlone | O_DIRECTORY | O_CLOEXEC | links)
    guard folder >= 0 else {
      if errno == ENOTDIR, let objection = bounds.objection(toLinkAt: path) {
        _ = mayServe(nil, unless: { objection })
      }
      return nil
    }
    // Where no link was followed the path is the place; the kernel takes some microseconds to tell.
    let place = bounds.isNamed ? RealPath.of(folder) : path
    guard mayServe(place, unless: { objection(to: folder) }) else {
      close(folder)
      return nil
    }
    return folder
  }

  /// By what was opened: the path may lead elsewhere by now.
  private func objection(to folder: CInt) -> String? {
    guard let place = RealPath.of(folder) else { return "the system does not tell where it lies" }
    return bounds.objection(toPlace: place)
  }

  private func mayServe(_ place: String?, unless look: () -> String?) -> Bool {
    verdict.withLock { verdict in
      if let verdict, verdict.place == place { return verdict.isServed }
      let objection = look()
      verdict = Verdict(place: place, isServed: objection == nil)
      if let objection {
        logger.error(
          "The web folder was replaced by one that cannot be served: browsers see no file",
          metadata: ["folder": "\(path)", "place": "\(place ?? path)", "reason": "\(objection)"]
        )
      }
      return objection == nil
    }
  }
}
