import Bundler
import Foundation
import ProjectModel
import SyncProtocol

/// Who has shown that it is the application's own client.
///
/// What a pairing gives is a token that says the version and until when it is good, under a code
/// that only this process can make: nothing is kept of it here.
struct Pairings: Sendable {
  /// Long enough to fetch an update over a slow line; who comes later pairs again.
  static let life: TimeInterval = 3_600

  let application: ServedApplication
  private let key: [UInt8]

  init(_ application: ServedApplication) {
    self.application = application
    key = Array(RandomText.hex(bytes: 32).utf8)
  }

  /// What somebody else's client is told.
  var refusal: ProblemDetails {
    ProblemDetails(
      .pairingRequired,
      detail: "This is the server of the application \(application.name): its own client alone "
        + "gets in."
    )
  }

  /// The code of one side of a pairing.
  func code(of side: PairingMessage.Side, for message: PairingMessage) -> Digest {
    MessageAuthentication.code(for: message.bytes(of: side), key: Array(application.hardLink.utf8))
  }

  /// Makes the token of a client of that version.
  func token(for version: Int, at now: Date = .now) -> String {
    let content = "\(version).\(Int(now.timeIntervalSince1970 + Self.life))"
    return "\(content).\(seal(content).hex)"
  }

  /// The version of the client that shows a token.
  ///
  /// - Throws: `pairing-required` when it is none of ours, or too old.
  func version(showing token: String?, at now: Date = .now) throws(ProblemDetails) -> Int {
    let parts = token?.split(separator: ".", omittingEmptySubsequences: false) ?? []
    guard parts.count == 3, let code = Digest(hex: String(parts[2])),
      MessageAuthentication.areEqual(seal("\(parts[0]).\(parts[1])"), code),
      let version = Int(parts[0]), let end = Int(parts[1]),
      now.timeIntervalSince1970 < TimeInterval(end)
    else { throw refusal }
    return version
  }

  private func seal(_ content: String) -> Digest {
    MessageAuthentication.code(for: Array("syncd-paired-1\n\(content)".utf8), key: key)
  }
}
