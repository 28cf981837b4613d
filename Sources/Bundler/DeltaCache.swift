internal import ProjectModel

/// The deltas that were asked for last, and those that are being made.
struct DeltaCache {
  struct Key: Hashable {
    let from: Digest
    let to: Digest
    let form: DeltaForm
  }

  typealias Making = Task<Result<EncodedDelta, BundleError>, Never>

  private let mostBytes: UInt64
  private let mostDeltas = 64
  /// In the order of the last use, the latest last.
  private var made: [(key: Key, delta: EncodedDelta)] = []
  private var underWay: [Key: Making] = [:]

  init(mostBytes: UInt64) { self.mostBytes = mostBytes }

  mutating func delta(_ key: Key) -> EncodedDelta? {
    guard let index = made.lastIndex(where: { $0.key == key }) else { return nil }
    let entry = made.remove(at: index)
    made.append(entry)
    return entry.delta
  }

  func making(_ key: Key) -> Making? { underWay[key] }

  mutating func begin(_ key: Key, _ making: Making) { underWay[key] = making }

  /// Called by everybody who waited; the first one counts.
  mutating func end(_ key: Key, _ result: Result<EncodedDelta, BundleError>) {
    guard underWay.removeValue(forKey: key) != nil, case .success(let delta) = result else {
      return
    }
    made.append((key, delta))
    // The last one stays whatever its size: those who ask for it now share it.
    while made.count > 1,
      made.count > mostDeltas || made.reduce(0, { $0 + $1.delta.size }) > mostBytes
    {
      made.removeFirst()
    }
  }
}
