import ProjectModel
import SyncProtocol

/// An edit that passed every check and is to be written.
struct PlannedEdit<Document: OwnedDocument> {
  let opID: String
  let fingerprint: String
  let author: String
  let before: OwnedFile<Document>.Known
  let after: Document
  let changed: Set<String>

  /// The answer, which is kept with the edit.
  func outcome(revision: String, at time: Int64) -> JournalRecord.Outcome {
    JournalRecord.Outcome(
      opID: opID,
      fingerprint: fingerprint,
      time: time,
      result: EditResult(
        opID: opID,
        revision: revision,
        changed: changed.sorted(),
        problems: after.problems
      )
    )
  }
}
