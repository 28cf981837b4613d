package import ProjectModel

/// A point in a project's history: `(epoch, gen)`, written `E:G` with the epoch in hexadecimal.
package struct GenerationID: Hashable, Sendable {
  /// Random; a new one begins only when the stored counter cannot be trusted.
  package let epoch: UInt64
  /// Counts 1, 2, 3 … and is never reused inside an epoch.
  package let gen: UInt64

  package init(epoch: UInt64, gen: UInt64) {
    self.epoch = epoch
    self.gen = gen
  }

  /// Reads `E:G`; `nil` for anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let epoch = UInt64(parts[0], radix: 16), let gen = UInt64(parts[1])
    else { return nil }
    self.init(epoch: epoch, gen: gen)
  }
}

extension GenerationID: CustomStringConvertible {
  package var description: String { "\(String(epoch, radix: 16)):\(gen)" }
}

/// Why a reload began.
package enum ReloadReason: String, Hashable, Sendable, Codable, CaseIterable {
  case startup
  case watch
  case saveAll = "save-all"
  case command
  case gitHook = "git-hook"
  case edit
  case focus
}

/// One published state of a project, as clients see it.
package struct GenerationRecord: Hashable, Sendable, Codable {
  /// The epoch in hexadecimal.
  package let epoch: String
  package let gen: UInt64
  package let digest: Digest
  /// Size of the bundle in bytes.
  package let size: UInt64
  /// Number of members, folder entries included.
  package let members: Int
  package let reason: ReloadReason
  /// Number of members added, replaced or removed since the generation before.
  package let changed: Int
  /// UTC, RFC 3339, with milliseconds.
  package let builtAt: String

  package init(
    id: GenerationID,
    digest: Digest,
    size: UInt64,
    members: Int,
    reason: ReloadReason,
    changed: Int,
    builtAt: String
  ) {
    self.epoch = String(id.epoch, radix: 16)
    self.gen = id.gen
    self.digest = digest
    self.size = size
    self.members = members
    self.reason = reason
    self.changed = changed
    self.builtAt = builtAt
  }

  package var id: String { "\(epoch):\(gen)" }
}
