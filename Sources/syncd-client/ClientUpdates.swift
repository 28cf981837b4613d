import Console
import Deployment
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// Brings the client to the version that its server offers or demands.
struct ClientUpdates {
  private let client: InstalledClient
  private let data: DataFolder
  private let policy: UpdatePolicy
  private let report: ClientReport

  init(
    _ client: InstalledClient,
    _ data: DataFolder,
    policy: UpdatePolicy,
    report: ClientReport
  ) {
    self.client = client
    self.data = data
    self.policy = policy
    self.report = report
  }

  /// Decides about the version; comes back when this one goes on, and not when another takes over.
  ///
  /// - Throws: `ClientRefusal` when the server does not take this version; what keeps a compulsory
  ///   update from being installed.
  func settle(from source: some UpdateSource) async throws {
    let versions = try await source.versions()
    var offer = try await source.offer()
    if let held = offer, client.hasFailed(held) {
      report.say(
        "update-failed",
        "Version \(held.version) does not start on this machine and is not tried again.",
        version: held.version
      )
      offer = nil
    }
    let application = client.application
    var decision = UpdateDecision(
      of: application,
      versions,
      offer,
      policy,
      isWatched: ClientReport.isWatched
    )
    if case .ask(let offer, let isCompulsory) = decision {
      decision =
        accepts(offer, isCompulsory)
        ? .take(offer) : UpdateDecision.declined(by: application, versions)
    }
    switch decision {
    case .goOn, .ask: break
    case .refuse(let sentence): throw ClientRefusal(description: sentence)
    case .report(let offer):
      report.say(
        "update-offered",
        "Version \(offer.version) of \(application.name) is there; this is version "
          + "\(application.version). Take it with --update always.",
        version: offer.version
      )
    case .take(let offer):
      let isCompulsory = versions.map { !$0.accept(application.version) } ?? false
      do {
        try await take(offer, from: source)
      } catch  where !isCompulsory && !(error is CancellationError) {
        Terminal.complain("\(error)")
        report.say("update-failed", "Version \(application.version) goes on.")
        return
      }
      try OwnProgram.become(client.startFile)
    }
  }

  private func accepts(_ offer: UpdateOffer, _ isCompulsory: Bool) -> Bool {
    let need = isCompulsory ? "The server demands version" : "There is version"
    let answer = report.ask(
      "\(need) \(offer.version) of \(client.application.name); this is version "
        + "\(client.application.version). Update and start again? [Y/n]"
    )
    guard let answer else { return false }
    return answer.isEmpty || answer.lowercased().hasPrefix("y")
  }

  /// Installs, after another start of this client that does so just now.
  private func install(_ archive: String, for offer: UpdateOffer) async throws {
    let end = ContinuousClock().now + Self.patience
    while true {
      do {
        return try await client.install(archive, for: offer)
      } catch let error as DeploymentError
        where error.code == .busy && ContinuousClock().now < end
      {
        try await Task.sleep(for: .milliseconds(500))
        try OwnProgram.giveWay(for: client)
      }
    }
  }

  private static let patience = Duration.seconds(120)

  private func take(_ offer: UpdateOffer, from source: some UpdateSource) async throws {
    // Nothing is fetched for nothing.
    try client.check(offer)
    guard client.isWritable else {
      throw DeploymentError(
        .installation,
        "Version \(offer.version) cannot be installed: \(client.folder) may not be changed by this "
          + "account. Whoever installed the client updates it."
      )
    }
    let bar = report.bar
    let archive = data.update
    try await source.fetch(offer, to: archive) { bar.update($0, of: $1) }
    bar.finish()
    do {
      try await install(archive, for: offer)
    } catch let error as DeploymentError where error.code == .archive {
      // A file that is wrong must not be gone on with.
      try? FileManager.default.removeItem(atPath: archive)
      throw error
    }
    try? FileManager.default.removeItem(atPath: archive)
    report.say(
      "updated-client",
      "version \(offer.version) of \(client.application.name) is installed; starting it",
      version: offer.version
    )
  }
}
