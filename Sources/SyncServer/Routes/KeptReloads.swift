import SyncProtocol

/// The results of reloads that carried a key, for whoever sends one again because no answer came.
actor KeptReloads {
  /// The newest; who is longer away than so many reloads asks for one more, which does no harm.
  private static let most = 256
  /// In bytes.
  static let longestKey = 255

  private var results: [String: ReloadResult] = [:]
  private var order: [String] = []

  func result(for key: String) -> ReloadResult? { results[key] }

  /// Keeps how a reload ended; one that goes on has not.
  func keep(_ result: ReloadResult, for key: String) {
    guard result.outcome != .pending, results.updateValue(result, forKey: key) == nil else {
      return
    }
    order.append(key)
    if order.count > Self.most { results[order.removeFirst()] = nil }
  }
}
