import Deployment
import Foundation
import ProjectModel
import SyncProtocol
import Testing

/// When a client takes an update, asks, goes on or gives up.
@Suite struct UpdateDecisionTests {
  private let client: ClientApplication
  private let digest: Digest

  init() throws {
    let keys = try ApplicationKeys(
      settings: nil,
      overrides: ["CurrentVers=5"],
      project: "Shop"
    )
    client = ClientApplication(keys, platform: "linux-x86_64")
    digest = try #require(Digest(hex: String(repeating: "0", count: 64)))
  }

  private func offer(_ version: Int, platform: String = "linux-x86_64") -> UpdateOffer {
    UpdateOffer(
      application: "Shop",
      version: version,
      platform: platform,
      digest: digest,
      size: 1,
      signature: ""
    )
  }

  private func decision(
    _ offer: UpdateOffer?,
    from minimum: Int = 1,
    _ policy: UpdatePolicy,
    watched: Bool = false
  ) -> UpdateDecision {
    let versions = ClientVersions(current: 9, minimum: minimum, maximum: 9)
    return UpdateDecision(of: client, versions, offer, policy, isWatched: watched)
  }

  @Test func insideTheRangeTheUserDecides() {
    #expect(decision(offer(9), .ask, watched: true) == .ask(offer(9), isCompulsory: false))
    #expect(decision(offer(9), .ask) == .report(offer(9)))
    #expect(decision(offer(9), .always) == .take(offer(9)))
    #expect(decision(offer(9), .never, watched: true) == .goOn)
    for policy in UpdatePolicy.allCases {
      #expect(decision(nil, policy) == .goOn)
      #expect(decision(offer(5), policy) == .goOn)
      #expect(decision(offer(4), policy) == .goOn)
      #expect(decision(offer(9, platform: "linux-aarch64"), policy) == .goOn)
    }
    let any = UpdateDecision(of: client, nil, offer(9), .ask, isWatched: false)
    #expect(any == .report(offer(9)))
  }

  @Test func outsideTheRangeThereIsNoGoingOnWithoutTheUpdate() {
    #expect(decision(offer(9), from: 6, .ask, watched: true) == .ask(offer(9), isCompulsory: true))
    #expect(decision(offer(9), from: 6, .ask) == .take(offer(9)))
    #expect(decision(offer(9), from: 6, .always) == .take(offer(9)))
    for refused in [decision(offer(9), from: 6, .never), decision(nil, from: 6, .always)] {
      guard case .refuse(let sentence) = refused else {
        Issue.record("\(refused)")
        continue
      }
      #expect(sentence.contains("takes clients of versions 6 to 9, and this is version 5: "))
    }
    let versions = ClientVersions(current: 9, minimum: 6, maximum: 9)
    guard case .refuse = UpdateDecision.declined(by: client, versions) else {
      Issue.record("declined, and goes on")
      return
    }
    #expect(UpdateDecision.declined(by: client, nil) == .goOn)
  }
}
