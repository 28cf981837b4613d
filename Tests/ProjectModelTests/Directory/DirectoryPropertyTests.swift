import Foundation
import ProjectModel
import Testing

/// Random operations: whatever is done or refused, the file stays one that 4D can read.
@Suite struct DirectoryPropertyTests {
  private static let users = ["Designer", "boss", "Gérald", "Zoé", "Olivier", "New", "\"q\\", "É"]
  private static let groups = ["Engineers", "secret", "Nobody", "G1", "G2", "*", ""]

  private static func operation(using numbers: inout SeededNumbers) -> DirectoryOperation {
    let user = users.randomElement(using: &numbers) ?? ""
    let other = users.randomElement(using: &numbers) ?? ""
    let group = groups.randomElement(using: &numbers) ?? ""
    let target = groups.randomElement(using: &numbers) ?? ""
    let member: DirectoryMember = Bool.random(using: &numbers) ? .user(user) : .group(target)
    switch Int.random(in: 0..<16, using: &numbers) {
    case 0, 1: return .addUser(name: user, startupMethod: Bool.random(using: &numbers) ? "M" : nil)
    case 2: return .renameUser(name: user, newName: other)
    case 3: return .deleteUser(name: user)
    case 4: return .setPassword(user: user, password: ClearPassword("pw"))
    case 5: return .clearPassword(user: user)
    case 6: return .setStartupMethod(user: user, method: Bool.random(using: &numbers) ? "S" : nil)
    case 7: return .addGroup(name: group)
    case 8: return .renameGroup(name: group, newName: target)
    case 9: return .emptyGroup(name: group)
    case 10, 11: return .addMember(member, group: group)
    case 12: return .removeMember(member, group: group)
    case 13: return .setSetting(key: "RemoteDefaultUser", value: user)
    case 14: return .setRemoteGranter(key: "oci", group: group)
    default: return .setSQLGranter(key: "allAccessGroup", group: group)
    }
  }

  @Test(arguments: [
    DirectoryFixture.recent, DirectoryFixture.eighteen, "{}", #"{"users":{"designer":{}}}"#,
  ])
  func anyRunOfOperationsKeepsTheFileWhole(_ text: String) throws {
    let seed = ProcessInfo.processInfo.environment["SYNCD_FUZZ_SEED"].flatMap(UInt64.init) ?? 11
    let rounds = ProcessInfo.processInfo.environment["SYNCD_FUZZ_OPS"].flatMap(Int.init) ?? 250
    var numbers = SeededNumbers(seed: seed)
    var document = try DirectoryFixture.document(text)
    let start = document
    var done = 0
    for round in 0..<rounds {
      let operation = Self.operation(using: &numbers)
      guard let edited = try? document.edited(operation, hash: DirectoryFixture.otherBcrypt) else {
        continue
      }
      done += edited.bytes == document.bytes ? 0 : 1
      let place = "seed \(seed), round \(round), \(operation)"
      check(edited, after: document, operation, place)
      document = edited
    }
    #expect(done > rounds / 6)
    let newlines = document.bytes.count { $0 == 0x0A }
    #expect(text.contains("\r\n") ? document.bytes.count { $0 == 0x0D } == newlines : true)
    // Nothing but the elements that are said to have changed did.
    let named = Set(document.problems.map(\.rule))
    #expect(named.subtracting(start.problems.map(\.rule)).isEmpty)
  }

  private func check(
    _ new: DirectoryDocument,
    after old: DirectoryDocument,
    _ operation: DirectoryOperation,
    _ place: String
  ) {
    let json = try? JSONSerialization.jsonObject(with: Data(new.bytes.drop { $0 > 0x7F }))
    #expect(json != nil, "\(place)")
    let changed = new.elementsChanged(since: old)
    let touched = old.touched(by: [operation])
    let isAbsent = Set(new.view.users.map(\.name)).symmetricDifference(old.view.users.map(\.name))
    #expect(
      changed.isSubset(of: touched.union(isAbsent.map { "user:\($0)" })),
      "\(place): \(changed.subtracting(touched))"
    )
    if let most = mostLines(of: operation), old.text.contains("settings") {
      let lines = changedLines(from: old.text, to: new.text)
      #expect(lines.count <= most, "\(place): \(lines)")
    }
    // The order of those who are in both is where 4D's ids come from.
    #expect(!changed.contains { $0.hasPrefix("order:") }, "\(place)")
  }

  /// How many lines a diff may show for an operation on one element, made sections aside.
  private func mostLines(of operation: DirectoryOperation) -> Int? {
    switch operation {
    // A line of its own, and a comma on the line before; or `{}` that becomes three lines.
    case .setSetting: 3
    case .setPassword, .clearPassword, .setStartupMethod: 4
    // Up to three lines, a comma, and an empty section or not yet one.
    case .addUser, .setRemoteGranter: 7
    default: nil
    }
  }

  @Test func anAddedAndDeletedUserLeavesNoTraceInAnyState() throws {
    var numbers = SeededNumbers(seed: 5)
    var document = try DirectoryFixture.document(DirectoryFixture.recent)
    for _ in 0..<150 {
      let operation = Self.operation(using: &numbers)
      document = (try? document.edited(operation, hash: DirectoryFixture.bcrypt)) ?? document
      let added = try document.edited(.addUser(name: "Passing by"))
      #expect(added.view.users.last?.name == "Passing by")
      #expect(try added.edited(.deleteUser(name: "passing BY")).bytes == document.bytes)
    }
  }

  @Test func manyOperationsTakeMomentsOnly() throws {
    let users = (0..<2_000).map { DirectoryOperation.addUser(name: "User \($0)") }
    let document = try DirectoryFixture.document("{}").applying(users, in: .none)
    #expect(document.view.users.count == 2_000)
    let members = (0..<500).map { DirectoryOperation.addMember(.user("User \($0)"), group: "G") }
    let group = try document.applying([.addGroup(name: "G")] + members, in: .none)
    #expect(group.view.groups[0].users.count == 500)
    #expect(group.bytes.starts(with: document.bytes.prefix(20_000)))
  }
}
