import ProjectModel
import Synchronization

/// The bundles that are being downloaded at the moment.
final class RunningDownloads: Sendable {
  private struct Running {
    weak let bundle: SharedBundle?
  }

  private let room = ChunkRoom()
  private let running = Mutex<[Digest: Running]>([:])

  /// The bundle as those have it who are downloading it already, or as it was opened now.
  func join(_ digest: Digest, opened: OpenBundle) -> SharedBundle {
    running.withLock { running in
      if let bundle = running[digest]?.bundle {
        bundle.share()
        return bundle
      }
      running = running.filter { $0.value.bundle != nil }
      let bundle = SharedBundle(opened, room: room)
      running[digest] = Running(bundle: bundle)
      return bundle
    }
  }
}
