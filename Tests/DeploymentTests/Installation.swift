import Deployment
import Foundation
import ProjectModel
import SyncProtocol
import Testing

/// An installed client and the update of a later version, with scripts in the programs' places.
final class Installation: Sendable {
  let shop: Workshop
  let offer: UpdateOffer
  /// What the update's archive is.
  let archive: String
  let first: String
  let second: String

  init() async throws {
    shop = try Workshop()
    first = try await shop.package(into: "one", "CurrentVers=1").version
    second = try await shop.package(into: "two", "CurrentVers=2").version
    let folder = shop.path + "/two/ShopServer/Upgrade4DClient"
    let info = try JSONDecoder().decode(
      ApplicationInfo.self,
      from: Data(contentsOf: URL(filePath: folder + "/info.json"))
    )
    offer = try #require(info.offer)
    archive = folder + "/update.linux.4darchive"
  }

  var folder: String { shop.path + "/one/ShopClient" }

  func client(_ version: String? = nil) throws -> InstalledClient {
    try InstalledClient(version: "\(folder)/versions/\(version ?? first)")
  }

  /// Has a version do something when it is started, in place of the program that it starts.
  func script(_ version: String, _ body: String = "echo \"${here##*/} runs\"") async throws {
    let start = "#!/bin/sh\nhere=${0%/start}\n[ \"$1\" = --check ] && exit 0\n"
    try await shop.saveScript(start + body + "\n", "one/ShopClient/versions/\(version)/start")
  }

  func start() async throws -> (status: Int32, output: String, errors: String) {
    try await shop.run(folder + "/ShopClient")
  }

  /// Has each version that is there say its name when it is started.
  func prepare() async throws {
    try await script(first)
    if try versions().contains(second) { try await script(second) }
  }

  func versions() throws -> [String] {
    try shop.names("one/ShopClient/versions").filter { $0 != ".lock" }
  }
}

extension InstalledClient.Hold {
  var isHeld: Bool { if case .held = self { true } else { false } }
  var isGone: Bool { if case .gone = self { true } else { false } }
}
