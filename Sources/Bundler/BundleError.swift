/// Why a bundle could not be built, published or read: one clear sentence for a person.
package struct BundleError: Error, Hashable, Sendable {
  /// What kind of error it is, for code that must tell them apart.
  package struct Code: Hashable, Sendable {
    private enum Value: Hashable {
      case projectMissing, unreadable, unstable, diskFull, inputOutput, cancelled
      case notABundle, protectedArchive, notCanonical, damaged, unsupported
      case unknownGeneration, trimmed, wrongBase, damagedBase, otherZlib
    }

    private let value: Value

    /// There is no `Project` folder where the project should be.
    package static let projectMissing = Code(value: .projectMissing)
    /// A file or folder of the project cannot be read.
    package static let unreadable = Code(value: .unreadable)
    /// A file changed every time while it was being read.
    package static let unstable = Code(value: .unstable)
    /// The file system or the quota is full.
    package static let diskFull = Code(value: .diskFull)
    /// Another error of the file system.
    package static let inputOutput = Code(value: .inputOutput)
    package static let cancelled = Code(value: .cancelled)
    /// The bytes are no ZIP archive, or no manifest, at all.
    package static let notABundle = Code(value: .notABundle)
    /// 4D's own protected archive, which only 4D reads.
    package static let protectedArchive = Code(value: .protectedArchive)
    /// An archive or a manifest that is not in the one canonical form.
    package static let notCanonical = Code(value: .notCanonical)
    /// The contents do not agree with what is said of them.
    package static let damaged = Code(value: .damaged)
    /// More than the format can hold.
    package static let unsupported = Code(value: .unsupported)
    /// No bundle of that digest was ever in the store, as far as it remembers.
    package static let unknownGeneration = Code(value: .unknownGeneration)
    /// A bundle of that digest was in the store and is no longer kept.
    package static let trimmed = Code(value: .trimmed)
    /// A delta for another bundle than the one at hand, or to another than the one asked for.
    package static let wrongBase = Code(value: .wrongBase)
    /// The bundle that a delta is applied to is damaged: only the whole new one helps.
    package static let damagedBase = Code(value: .damagedBase)
    /// The zlib in use packs in another way: deltas with packed members alone, or whole bundles.
    package static let otherZlib = Code(value: .otherZlib)
  }

  package let code: Code
  /// What is wrong, as a sentence without its end: "the file cannot be read (Permission denied)".
  package let what: String
  /// The file or folder that is meant; empty when there is none.
  package let path: String
  /// What the reader can do about it; empty when there is nothing.
  package let remedy: String

  package init(_ code: Code, _ what: String, path: String = "", remedy: String = "") {
    self.code = code
    self.what = what
    self.path = path
    self.remedy = remedy
  }
}

extension BundleError: CustomStringConvertible {
  package var description: String {
    (path.isEmpty ? "" : "\(path): ") + what + (remedy.isEmpty ? "" : "; \(remedy)")
  }
}
