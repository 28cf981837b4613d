/// Finds users or groups by name: the same spelling first, then without regard to case.
///
/// 4D does not say whether case counts in these names. Its comparisons of texts ignore it, so new
/// twins are refused; where a file holds some, the exact spelling tells them apart. Accents count:
/// real files have both kinds side by side.
struct NameTable: Sendable {
  enum Match: Hashable {
    case none
    case one(Int)
    /// Two or more have the name.
    case several
  }

  private var exact: [String: [Int]] = [:]
  private var folded: [String: [Int]] = [:]
  /// Names that lead somewhere when nothing else has them.
  private var spare: [String: Int] = [:]

  mutating func insert(_ name: String, _ id: Int) {
    exact[name, default: []].append(id)
    folded[name.lowercased(), default: []].append(id)
  }

  mutating func insertSpare(_ name: String, _ id: Int) { spare[name] = id }

  mutating func remove(_ name: String, _ id: Int) {
    exact[name]?.removeAll { $0 == id }
    folded[name.lowercased()]?.removeAll { $0 == id }
  }

  func find(_ name: String) -> Match {
    if let found = exact[name], !found.isEmpty {
      return found.count == 1 ? .one(found[0]) : .several
    }
    let lowered = name.lowercased()
    if let found = folded[lowered], !found.isEmpty {
      return found.count == 1 ? .one(found[0]) : .several
    }
    return spare[lowered].map { .one($0) } ?? .none
  }

  /// Whether another than `id` has the name in any case, or may be called by it.
  func isTaken(_ name: String, besides id: Int? = nil) -> Bool {
    let lowered = name.lowercased()
    return folded[lowered]?.contains { $0 != id } ?? false
      || spare[lowered].map { $0 != id } ?? false
  }
}
