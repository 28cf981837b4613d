import Foundation
import SyncProtocol

/// One line of the journal. It holds no password and no hash of one: of operations it keeps a
/// fingerprint under the server's key.
struct JournalRecord: Codable {
  enum Kind: String, Codable {
    /// An edit is about to get into the file.
    case intent
    /// It is in the file.
    case done
    /// It is not, and will not be.
    case aborted
    /// An answer that is kept: of an edit that changed nothing, or that was done long ago.
    case outcome
    /// What is remembered beside the file.
    case memory
  }

  let kind: Kind
  /// Ties `done` and `aborted` to their intent.
  var number: Int?
  var intent: Intent?
  var outcome: Outcome?
  var memory: Data?

  struct Intent: Codable {
    let outcome: Outcome
    let author: String
    /// Below the project's root, links resolved.
    let folder: String
    let name: String
    let temporary: String
    /// `nil` where there was no file.
    let base: String?
    let new: String
  }

  /// The answer to an edit, kept for its repetition.
  struct Outcome: Codable {
    let opID: String
    let fingerprint: String
    /// Milliseconds since 1970.
    let time: Int64
    let result: EditResult
  }
}
