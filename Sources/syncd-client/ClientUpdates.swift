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
  /// What somebody was asked about, and wanted.
  private var accepted: UpdateOffer?

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
  /// - Parameters:
  ///   - source: the server, or a folder.
  ///   - mayComeBack: an update whose source is lost is gone on with later, rather than left.
  /// - Throws: `ClientRefusal` when the server does not take this version; what keeps a compulsory
  ///   update from being installed; `ClientError` for a lost server.
  mutating func settle(from source: some UpdateSource, mayComeBack: Bool = false) async throws {
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
    var decision = decide(offer, versions)
    if case .ask(let offer, let isCompulsory) = decision {
      let isWanted = offer == accepted || accepts(offer, isCompulsory)
      accepted = isWanted ? offer : nil
      decision = isWanted ? .take(offer) : UpdateDecision.declined(by: application, versions)
    }
    if case .take = decision {} else { discard() }
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
      } catch let error as ClientError where error.isLoss && mayComeBack {
        report.bar.finish()
        throw error
      } catch  where !isCompulsory && !(error is CancellationError) {
        Terminal.complain("\(error)")
        report.say("update-failed", "Version \(application.version) goes on.")
        return
      }
      try OwnProgram.become(client.startFile)
    }
  }

  /// Nobody hears of an update that the client would not install.
  private func decide(_ offer: UpdateOffer?, _ versions: ClientVersions?) -> UpdateDecision {
    let decision = UpdateDecision(
      of: client.application,
      versions,
      offer,
      policy,
      isWatched: ClientReport.isWatched
    )
    switch decision {
    case .report(let offer), .ask(let offer, _):
      do throws(DeploymentError) { try client.check(offer) } catch {
        Terminal.complain("\(error)")
        return decide(nil, versions)
      }
    case .goOn, .take, .refuse: break
    }
    return decision
  }

  /// Removes what came of an update that is not taken, unless another start takes one just now.
  private func discard() {
    guard let turn = FolderLock(data.path) else { return }
    withExtendedLifetime(turn) { data.update.remove() }
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

  /// Waits until no other start of this account fetches or installs.
  private func turn() async throws -> FolderLock {
    let end = ContinuousClock().now + Self.longestTurn
    var isSaid = false
    while true {
      let lock = FolderLock(data.path)
      // The other one may have installed the version meanwhile.
      try OwnProgram.giveWay(for: client)
      if let lock { return lock }
      guard ContinuousClock().now < end else {
        throw DeploymentError(
          .busy,
          "Another start of this client takes the update and does not come to an end: stop it."
        )
      }
      if !isSaid { report.say("update-waits", "Another start of this client takes the update.") }
      isSaid = true
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  private static let patience = Duration.seconds(120)
  private static let longestTurn = Duration.seconds(600)

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
    let turn = try await turn()
    defer { withExtendedLifetime(turn) {} }
    let bar = report.bar
    let update = data.update
    try update.makeRoom(for: offer)
    try await source.fetch(offer, to: update.path) { bar.update($0, of: $1) }
    bar.finish()
    do {
      try await install(update.path, for: offer)
    } catch let error as DeploymentError where error.code == .archive || !update.leavesRoom {
      // A file that is wrong must not be gone on with, and one that fills the disk is in the way.
      update.remove()
      throw error
    }
    update.remove()
    report.say(
      "updated-client",
      "version \(offer.version) of \(client.application.name) is installed; starting it",
      version: offer.version
    )
  }
}
