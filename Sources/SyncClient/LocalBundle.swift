import Bundler
import Glibc
import NIOCore
import ProjectModel
import SyncProtocol

/// The client's file, and what has come of the next one.
struct LocalBundle {
  let target: String
  /// The file as it is now, sound and with its manifest; `nil` where there is none.
  private(set) var file: BundleFile?
  /// A delta that was cut off, to be gone on with.
  var delta: PartialDelta?

  /// Reads what is there.
  init(at target: String) {
    self.target = target
    if access(target, F_OK) == 0, let manifest = try? verifyBundle(at: target) {
      file = try? BundleFile(path: target, manifest: manifest)
    }
  }

  var digest: Digest? { file?.digest }

  mutating func replaced(by file: BundleFile) {
    self.file = file
    delta = nil
  }

  /// The file cannot be read any more: only a whole bundle helps.
  mutating func lost() {
    file = nil
    delta = nil
  }
}

/// A delta on its way: what came is held by the applier, frame by frame.
final class PartialDelta {
  let from: Digest
  let to: Digest
  let form: DeltaForm
  let applier: DeltaApplier
  /// The tag that the rest must have too.
  var tag: String?

  init(from base: BundleFile, to target: Digest, form: DeltaForm, path: String) {
    from = base.digest
    to = target
    self.form = form
    applier = DeltaApplier(base: base, target: target, to: path)
  }
}
