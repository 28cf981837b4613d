import Foundation
import ProjectModel
import Testing

@Suite struct DirectorySecrecyTests {
  private static let secrets = [
    DirectoryFixture.bcrypt, DirectoryFixture.otherBcrypt, DirectoryFixture.legacy, "$2", "hunter2",
  ]

  private func expectNoSecret(_ value: Any, _ location: SourceLocation = #_sourceLocation) {
    var texts = [String(describing: value), String(reflecting: value)]
    var dumped = ""
    dump(value, to: &dumped)
    texts.append(dumped)
    for text in texts {
      for secret in Self.secrets {
        #expect(!text.contains(secret), "a secret shows", sourceLocation: location)
      }
    }
  }

  @Test func nothingThatIsShownHoldsAHash() throws {
    let text = DirectoryFixture.recent.replacing(
      "\"Zoé\": {}",
      with: "\"Zoé\": {\"password\": \"\(DirectoryFixture.otherBcrypt)x\"}"
    )
    let document = try DirectoryFixture.document(text)
    let view = try JSONEncoder().encode(document.view)
    #expect(!String(decoding: view, as: UTF8.self).contains("$2"))
    #expect(!document.problems.isEmpty)
    expectNoSecret(document)
    expectNoSecret(document.view)
    expectNoSecret(document.problems)
    expectNoSecret(String(decoding: document.redactedBytes, as: UTF8.self))
    expectNoSecret(document.credential(of: "Designer") as Any)
    expectNoSecret(document.user(named: "Designer") as Any)
    expectNoSecret(document.elementsChanged(since: try DirectoryFixture.document("{}")))
    expectNoSecret(PasswordHashes([0: DirectoryFixture.bcrypt]))
  }

  @Test func aHashInTheWrongPlaceIsHiddenToo() throws {
    let (one, two) = (DirectoryFixture.bcrypt, DirectoryFixture.legacy)
    let document = try DirectoryFixture.document(
      """
      {"users": {"designer": {"alias": "\(one)"}, "\(two)": {"startupMethod": "\(one)"}},
      "groups": {"G": {"users": ["\(one)", "x \(two) y"], "groups": ["\(two)"]}, "\(one)": {}},
      "settings": {"designAccessGroup": "\(one)"}}
      """
    )
    #expect(!document.problems.isEmpty)
    for value in [document.view, document.problems] as [any Encodable] {
      let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        .replacing("\\/", with: "/")
      expectNoSecret(text)
    }
    expectNoSecret(String(decoding: document.redactedBytes, as: UTF8.self))
    expectNoSecret(document.elementsChanged(since: try DirectoryFixture.document("{}")))
  }

  @Test func noOperationShowsItsPassword() throws {
    let operation = DirectoryOperation.setPassword(user: "X", password: ClearPassword("hunter2"))
    expectNoSecret(operation)
    expectNoSecret([operation])
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    do throws(RefusedEdit) {
      _ = try document.edited(operation, hash: DirectoryFixture.bcrypt)
      Issue.record("there is no such user")
    } catch {
      expectNoSecret(error)
    }
  }

  @Test func redactingChangesThePasswordsAlone() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let redacted = String(decoding: document.redactedBytes, as: UTF8.self)
    #expect(
      changedLines(from: document.text, to: redacted).filter { $0.hasPrefix("+") } == [
        "+\t\t\t\"password\": \"…\",", "+\t\t\t\"password\": \"…\"",
      ]
    )
    let hidden = try DirectoryFixture.document(
      #"{"users":{"password":{"Old_Password":"p","x":["\#(DirectoryFixture.legacy)"],"password":["p"]}}}"#
    )
    #expect(
      String(decoding: hidden.redactedBytes, as: UTF8.self)
        == #"{"users":{"password":{"Old_Password":"…","x":["…"],"password":"…"}}}"#
    )
  }

  @Test func aPasswordIsReadFromItsShapeAlone() {
    #expect(StoredPassword(DirectoryFixture.otherBcrypt) == .bcrypt(DirectoryFixture.otherBcrypt))
    for text in [
      "", "*", "$2b$03$", DirectoryFixture.bcrypt + "x",
      "$2x$10$" + DirectoryFixture.bcrypt.dropFirst(7),
    ] {
      #expect(StoredPassword(String(text)) == .other)
    }
    #expect(StoredPassword(DirectoryFixture.legacy) == .legacy)
    #expect(StoredPassword("AAECAwQFBgcICQoLDA0ODw=A") == .other)
  }
}
