import Foundation
import ProjectModel
import Testing

/// Real files, where `SYNCD_CORPUS` names a folder with `roles/` in it, held against Foundation's
/// reading of them.
@Suite struct RolesCorpusTests {
  private static let folder = ProcessInfo.processInfo.environment["SYNCD_CORPUS"].map {
    URL(filePath: $0).appending(path: "roles")
  }

  private struct Plain: Decodable {
    struct Privilege: Decodable {
      let privilege: String
      let includes: [String]?
    }
    struct Role: Decodable {
      let role: String
      let privileges: [String]
    }
    struct Permissions: Decodable {}

    let privileges: [Privilege]
    let roles: [Role]?
    let permissions: Permissions
    let forceLogin: Bool?
    let restrictedByDefault: Bool?

    /// What some names stand for, found by repetition until nothing is added.
    func closure(_ names: [String]) -> Set<String> {
      let declared = Set(privileges.map { $0.privilege.lowercased() })
      var all = Set(names.map { $0.lowercased() }).intersection(declared)
      while true {
        let more = privileges.filter { all.contains($0.privilege.lowercased()) }
          .flatMap { $0.includes ?? [] }.map { $0.lowercased() }
        let next = all.union(more).intersection(declared)
        if next == all { return all }
        all = next
      }
    }
  }

  @Test(.enabled(if: folder != nil)) func realFilesSayWhatTheySay() throws {
    let folder = try #require(Self.folder)
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let files = paths.filter { $0.hasSuffix(".json") }
    try #require(!files.isEmpty)
    for file in files {
      let data = try Data(contentsOf: folder.appending(path: file))
      var inForce = RolesInForce()
      inForce.read(Array(data))
      let plain = try? JSONDecoder().decode(Plain.self, from: data)
      #expect((inForce.condition == .good) == (plain != nil), "\(file): \(inForce.problems)")
      guard let plain else { continue }
      let roles = inForce.roles
      #expect(roles.forceLogin == plain.forceLogin ?? false, "\(file)")
      #expect(roles.restrictedByDefault == plain.restrictedByDefault ?? false, "\(file)")
      for privilege in plain.privileges {
        let given = names(roles, PrivilegeOrder(privileges: [privilege.privilege.uppercased()]))
        #expect(given == plain.closure([privilege.privilege]), "\(file)")
      }
      for role in plain.roles ?? [] {
        let given = names(roles, PrivilegeOrder(roles: [role.role.uppercased()]))
        #expect(given == plain.closure(role.privileges), "\(file) \(role.role)")
      }
    }
  }

  private func names(_ roles: Roles, _ order: PrivilegeOrder) -> Set<String> {
    var grants = PrivilegeGrants()
    roles.grant(order, to: &grants)
    return Set(roles.names(of: grants).map { $0.lowercased() })
  }
}
