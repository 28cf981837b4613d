import Bundler
import NIOPosix
import ProjectModel

/// SHA-256 of the bytes of bundles, computed once for each, when somebody first asks for it.
///
/// A bundle's own name is the digest of its manifest; who has nothing of ours checks the file by this.
actor FileDigests {
  private enum Entry {
    case known(Digest)
    case underWay([CheckedContinuation<Digest?, Never>])
  }

  /// Whole files exist for the last generations alone.
  private static let most = 16

  private var entries: [Digest: Entry] = [:]
  private var order: [Digest] = []

  /// The digest of a bundle's bytes; `nil` when they cannot be read.
  func digest(of bundle: OpenBundle, named name: Digest) async -> Digest? {
    switch entries[name] {
    case .known(let digest): return digest
    case .underWay(let others):
      return await withCheckedContinuation { entries[name] = .underWay(others + [$0]) }
    case nil: break
    }
    entries[name] = .underWay([])
    let digest = try? await NIOThreadPool.singleton.runIfActive { try bundle.digestOfBytes() }
    guard case .underWay(let others) = entries[name] else { return digest }
    entries[name] = digest.map { .known($0) }
    if digest != nil { keep(name) }
    for other in others { other.resume(returning: digest) }
    return digest
  }

  private func keep(_ name: Digest) {
    order.append(name)
    if order.count > Self.most { entries[order.removeFirst()] = nil }
  }
}
