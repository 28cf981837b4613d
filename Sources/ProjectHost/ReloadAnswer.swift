import Bundler
import ProjectModel
import SyncProtocol

/// What a caller learns who waited for a reload.
struct ReloadAnswer: Sendable {
  let outcome: ReloadResult.Outcome
  /// The current generation, and what it holds.
  let generation: GenerationRecord?
  let manifest: Manifest?
  /// The members that this generation changed against the one before.
  let changed: [ProjectPath]
  let problems: [Problem]
  /// From the call to the answer.
  let took: Duration

  var result: ReloadResult {
    ReloadResult(
      outcome: outcome,
      generation: generation,
      changed: outcome == .published ? changed.count : 0,
      problems: problems,
      tookMs: took / .milliseconds(1)
    )
  }

  /// The answer to a save-all that named files.
  func result(checking files: [BarrierRequest.File]) -> BarrierResult {
    BarrierResult(
      outcome: outcome,
      generation: generation,
      changed: generation?.changed ?? 0,
      changedMembers: changed.prefix(BarrierResult.mostNames).map(\.display),
      files: files.map { .init(path: $0.path, state: state(of: $0)) },
      problems: problems,
      tookMs: took / .milliseconds(1)
    )
  }

  /// Looked up in the manifest alone: what a request names never reaches the file system.
  private func state(of file: BarrierRequest.File) -> BarrierResult.FileCheck.State {
    guard let member = manifest?.member(at: ProjectPath(file.path), kind: .file) else {
      return .missing
    }
    let hasSize = file.size.map { $0 == member.size } ?? true
    let hasContent = file.sha256.map { $0 == member.content } ?? true
    return hasSize && hasContent ? .held : .differs
  }
}
