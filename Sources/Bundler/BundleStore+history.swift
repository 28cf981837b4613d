package import ProjectModel

/// Older generations: pinned, thinned out and given up.
extension BundleStore {
  package enum Standing: Sendable, Hashable {
    case kept
    /// Was kept once.
    case trimmed
    case unknown
  }

  /// Whether a generation is here, was here, or was never heard of.
  package func standing(of digest: Digest) -> Standing {
    if pending?.manifest.digest == digest || manifest(digest) != nil { return .kept }
    return trimmed.contains(digest) ? .trimmed : .unknown
  }

  /// The digests that are kept, the oldest first.
  package var keptDigests: [Digest] { kept.map(\.digest) }

  /// What the generations take on the disk, in bytes.
  package var keptBytes: UInt64 { kept.reduce(0) { $0 + $1.size } }

  /// Keeps a generation until `unpin` was called as often; `false` when it is not here.
  ///
  /// Beyond the budget the oldest goes all the same. Pins do not outlive the process, but see `releaseInheritedPins`.
  package func pin(_ digest: Digest) -> Bool {
    guard standing(of: digest) == .kept else { return false }
    pins[digest, default: 0] += 1
    return true
  }

  /// Takes one pin back; what nobody needs any more goes at once.
  ///
  /// More calls than pins do nothing.
  package func unpin(_ digest: Digest) async {
    guard let count = pins[digest] else { return }
    guard count == 1 else {
      pins[digest] = count - 1
      return
    }
    pins[digest] = nil
    await tidyInTurn()
  }

  /// Lets go what an earlier run kept for its pins: until then it stays, so that those who come
  /// back after a restart can pin it again.
  package func releaseInheritedPins() async {
    guard !inherited.isEmpty else { return }
    inherited = []
    await tidyInTurn()
  }

  private func tidyInTurn() async {
    guard plan.next(items) != nil else { return }
    await turn.take()
    defer { turn.give() }
    await tidy()
  }

  /// Brings the generations into the forms that the plan wants; in turn only.
  func tidy() async {
    while let action = plan.next(items) {
      switch action {
      case .makePast(let digest): await makePast(digest)
      case .forget(let digest): await forget(digest)
      }
    }
  }

  private var items: [KeepPlan.Item] {
    kept.map { generation in
      let digest = generation.digest
      return KeepPlan.Item(
        digest: digest,
        isWhole: generation.bundle != nil,
        size: generation.size,
        isPinned: pins[digest] != nil || inherited.contains(digest)
      )
    }
  }

  private func makePast(_ digest: Digest) async {
    guard let index = kept.firstIndex(where: { $0.digest == digest }),
      let base = kept[(index + 1)...].first(where: { $0.bundle != nil })
    else { return drop(digest) }
    guard await replace(kept[index], base: base) else { return drop(digest) }
    files.remove(digest)
  }

  /// Removes a generation without a whole file, after those that need it were freed of it.
  private func forget(_ digest: Digest) async {
    guard let generation = kept.first(where: { $0.digest == digest }),
      let base = kept.first(where: { $0.digest == generation.base })
    else { return drop(digest) }
    for dependent in kept where dependent.base == digest {
      if await !replace(dependent, base: base) { drop(dependent.digest) }
    }
    drop(digest)
  }

  /// Writes the file of a past generation against another base, which is kept.
  private func replace(_ generation: KeptGeneration, base: KeptGeneration) async -> Bool {
    guard let contents = try? contents(of: generation.digest),
      let past = try? await Self.write(
        contents,
        base: base.manifest,
        published: generation.published,
        to: files
      ),
      let index = kept.firstIndex(where: { $0.digest == generation.digest })
    else { return false }
    kept[index] = KeptGeneration(form: .past(past))
    return true
  }

  /// Gives a generation up, and all that need it.
  ///
  /// It is what is left when a file cannot be written or read: the disk has less to hold then, and
  /// clients that ask for these get a whole, newer bundle.
  private func drop(_ digest: Digest) {
    for dependent in kept where dependent.base == digest { drop(dependent.digest) }
    kept.removeAll { $0.digest == digest }
    // Its pins stay counted: those who hold them give them back one day.
    inherited.remove(digest)
    if assembled?.digest == digest { assembled = nil }
    // First the list: a digest that is on it and kept all the same is taken off at the start.
    trimmed.append(digest)
    files.remove(digest)
    files.removePast(digest)
  }

  @concurrent private static func write(
    _ contents: GenerationContents,
    base: Manifest,
    published: Int64,
    to files: StoreFolder
  ) async throws(BundleError) -> PastGeneration {
    try files.writePast(contents, base: base, published: published)
  }
}
