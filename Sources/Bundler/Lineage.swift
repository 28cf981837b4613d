internal import Synchronization

/// Tells a builder which of its snapshots is in a bundle, so that it can let packed bytes go.
final class Lineage: Sendable {
  struct Published: Sendable {
    let number: UInt64
    let bundle: BundleFile
  }

  private let latest = Mutex<Published?>(nil)

  init() {}

  /// Called when the snapshot with that number is in `bundle`, whole and durable.
  func record(_ number: UInt64, in bundle: BundleFile) {
    latest.withLock { latest in
      if number >= latest?.number ?? 0 { latest = Published(number: number, bundle: bundle) }
    }
  }

  var published: Published? { latest.withLock { $0 } }
}
