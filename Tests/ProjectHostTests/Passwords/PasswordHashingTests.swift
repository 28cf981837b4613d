import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

@Suite struct PasswordHashingTests {
  private let hashing = PasswordHashing(cost: 4)

  private func status(_ work: () async throws -> Void) async -> Int? {
    do {
      try await work()
      return nil
    } catch {
      return (error as? ProblemDetails)?.status
    }
  }

  @Test func verifiesWhatItHashes() async throws {
    let password = ClearPassword("pässwörd")
    let hash = try await hashing.hash(password)
    #expect(hash.hasPrefix("$2b$04$"))
    #expect(try await hashing.hash(password) != hash)
    let stored = StoredPassword(hash)
    #expect(stored == .bcrypt(hash))
    #expect(try await hashing.verify(password, against: stored) == .verified)
    #expect(try await hashing.verify(ClearPassword("Pässwörd"), against: stored) == .wrong)
    #expect(try await hashing.verify(ClearPassword(""), against: stored) == .wrong)
  }

  @Test func takesWhatEachVersionOf4DWrites() async throws {
    let password = ClearPassword("secret")
    let hash = try await hashing.hash(password)
    for form in ["$2a$", "$2b$", "$2y$"] {
      let stored = StoredPassword(form + hash.dropFirst(4))
      #expect(try await hashing.verify(password, against: stored) == .verified, "\(form)")
    }
  }

  @Test func aStoredHashIsNoPassword() async throws {
    let hash = try await hashing.hash(ClearPassword("secret"))
    #expect(try await hashing.verify(ClearPassword(hash), against: .bcrypt(hash)) == .wrong)
  }

  @Test func whatCannotBeCheckedNeedsAReset() async throws {
    let costly = "$2b$31$" + String(repeating: "a", count: 53)
    for stored in [StoredPassword.legacy, .other, StoredPassword(costly)] {
      #expect(try await hashing.verify(ClearPassword("x"), against: stored) == .needsReset)
    }
    #expect(try await hashing.verify(ClearPassword("x"), against: nil) == .wrong)
  }

  @Test func refusesWhatBcryptWouldCutOff() async {
    for text in ["", "a\0b", String(repeating: "x", count: 73)] {
      #expect(await status { _ = try await hashing.hash(ClearPassword(text)) } == 422)
    }
    #expect(
      await status { _ = try await hashing.hash(ClearPassword(String(repeating: "x", count: 72))) }
        == nil
    )
    let long = ClearPassword(String(repeating: "x", count: 73))
    #expect(await status { _ = try await hashing.verify(long, against: nil) } == 422)
  }

  @Test func hashesWhatOperationsNeed() async throws {
    let operations: [DirectoryOperation] = [
      .addUser(name: "A"), .setPassword(user: "A", password: ClearPassword("one")),
      .setPassword(user: "designer", password: ClearPassword("two")),
    ]
    let hashes = try await hashing.hashes(for: operations)
    #expect(hashes[0] == nil)
    let path = ProjectPath("Settings/directory.json")
    let document = try DirectoryDocument(parsing: DirectoryDocument.newFile, at: path)
      .applying(operations, in: hashes)
    #expect(document.designerHasPassword)
    let verdict = try await hashing.verify(
      ClearPassword("one"),
      against: document.credential(of: "a")
    )
    #expect(verdict == .verified)
    let many = Array(repeating: operations[1], count: PasswordHashing.mostHashes + 1)
    #expect(await status { _ = try await hashing.hashes(for: many) } == 422)
  }

  @Test func turnsAwayWhatItCannotSeat() async throws {
    let hashing = PasswordHashing(cost: 6, threads: 2, places: 3)
    let outcomes = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<40 {
        group.addTask {
          do throws(ProblemDetails) {
            return try await hashing.verify(ClearPassword("x"), against: nil) == .wrong ? 200 : 0
          } catch {
            return error.retryAfter == 2 ? error.status : 0
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(outcomes) == [200, 429])
    #expect(outcomes.count { $0 == 200 } >= 5)
    // The places are free again.
    #expect(try await hashing.verify(ClearPassword("x"), against: nil) == .wrong)
  }

  @Test func anUnknownUserCostsAsMuch() async throws {
    let done = Mutex<[String]>([])
    let hashing = PasswordHashing(cost: 5) { password, setting in
      let hash = Bcrypt.byLibrary(password, setting)
      // The cost as the library understood it; a setting that it refuses costs nothing.
      done.withLock { $0.append(String(decoding: hash?.prefix(7) ?? [], as: UTF8.self)) }
      return hash
    }
    let known = StoredPassword(try await hashing.hash(ClearPassword("secret")))
    for stored in [known, nil, .legacy, .other] {
      done.withLock { $0 = [] }
      _ = try await hashing.verify(ClearPassword("x"), against: stored)
      #expect(done.withLock(\.self) == ["$2b$05$"], "\(String(describing: stored))")
    }
  }
}
