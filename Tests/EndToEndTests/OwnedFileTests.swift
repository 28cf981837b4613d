import Foundation
import TestPrograms
import Testing

/// Catalog and users, edited through the running server.
@Suite(.timeLimit(.minutes(10))) struct OwnedFileTests {
  private static let catalog = "Project/Sources/catalog.4DCatalog"
  private static let addField = #"{"op":"add-field","table":"Books","name":"Price","type":"real"}"#

  /// A project with one table of two fields in 4D's own style.
  private static func workplace() throws -> Workplace {
    let place = try Workplace()
    try place.save(tables(["Title", "Author"]), catalog)
    return place
  }

  private static func tables(_ fields: [String]) -> String {
    let rows = fields.enumerated().map { index, name in
      "\t\t<field name=\"\(name)\" uuid=\"\(uuid(100 + name.utf8.count))\" type=\"10\" id=\"\(index + 1)\"/>\n"
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + "<!DOCTYPE base SYSTEM \"http://www.4d.com/dtd/2007/base.dtd\" >\n"
      + "<base name=\"Shop\" uuid=\"\(uuid(1))\" collation_locale=\"en\">\n"
      + "\t<schema name=\"DEFAULT_SCHEMA\"/>\n"
      + "\t<table name=\"Books\" uuid=\"\(uuid(2))\" id=\"1\">\n\(rows.joined())\t</table>\n</base>"
  }

  private static func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }

  private func edit(_ place: Workplace, _ extra: String...) async throws -> Program.Result {
    try await Program.run(
      Program.path,
      ["catalog", "edit", "--state-dir", place.state, "--op", Self.addField] + extra
    )
  }

  private func text(_ place: Workplace, _ file: String = catalog) throws -> String {
    String(decoding: try place.contents("project/" + file), as: UTF8.self)
  }

  @Test func anEditChangesItsOwnLineAndIsDoneOnce() async throws {
    let place = try Self.workplace()
    let server = try await place.serve()
    let before = try text(place)
    let planned = try await edit(place, "--dry-run")
    #expect(planned.status == 0, "\(planned.errors)")
    #expect(planned.output.contains("+\t\t<field name=\"Price\""))
    #expect(try text(place) == before)
    let first = try await edit(place, "--op-id", "once", "--json")
    #expect(first.status == 0, "\(first.errors)")
    let again = try await edit(place, "--op-id", "once", "--json")
    #expect(again.output == first.output)
    let lines = try text(place).split(separator: "\n").filter { !$0.contains("\"Price\"") }
    #expect(lines == before.split(separator: "\n"))
    #expect(try text(place).components(separatedBy: "\"Price\"").count == 2)
    let second = try await edit(place)
    #expect(second.status == 4)
    #expect(second.errors.contains("Price"))
    let saved = try await Program.run("save-all", "--state-dir", place.state, "--json")
    #expect(saved.output.contains(Self.catalog))
    #expect(await server.stop() == 0)
  }

  @Test func anEditAgainstAnOldRevisionIsRefused() async throws {
    let place = try Self.workplace()
    let server = try await place.serve()
    let shown = try await Program.run("catalog", "show", "--state-dir", place.state, "--json")
    let revision = try #require(shown.output.firstMatch(of: /"revision":"([^"]+)"/)).1
    try place.save(Self.tables(["Title", "Author", "Pages"]), Self.catalog)
    let refused = try await edit(place, "--if-match", String(revision))
    #expect(refused.status == 4)
    #expect(try text(place) == Self.tables(["Title", "Author", "Pages"]))
    #expect(await server.stop() == 0)
  }

  @Test func aFileWithMergeMarkersIsLeftAloneAndItsLineNamed() async throws {
    let place = try Self.workplace()
    let server = try await place.serve()
    let broken = "<<<<<<< ours\n" + Self.tables(["Title"])
    try place.save(broken, Self.catalog)
    let refused = try await edit(place)
    #expect(refused.status == 4)
    #expect(refused.errors.contains("line 1"))
    #expect(try text(place) == broken)
    #expect(await server.stop() == 0)
  }

  @Test func whatIsAcknowledgedSurvivesAKill() async throws {
    let place = try Self.workplace()
    var server = try await place.serve()
    let done = try await edit(place, "--op-id", "kept", "--json")
    server.running.send(SIGKILL)
    _ = await server.running.exitStatus()
    server = try await place.serve()
    let again = try await edit(place, "--op-id", "kept", "--json")
    #expect(again.output == done.output)
    #expect(try text(place).components(separatedBy: "\"Price\"").count == 2)
    #expect(await server.stop() == 0)
  }

  @Test func noHashAndNoPasswordLeavesTheFile() async throws {
    let place = try Self.workplace()
    let hash = "$2b$10$FixtureSaltNotForUse..ThisHashBelongsToNoPassword...."
    try place.save(
      "{\n\t\"users\": {\n\t\t\"designer\": {\n\t\t\t\"password\": \"\(hash)\",\n\t\t\t\"alias\": \"Designer\"\n\t\t}\n\t}\n}",
      "Settings/directory.json"
    )
    let server = try await place.serve("--log-level", "trace")
    let secret = "correct horse"
    try place.save(
      "[{\"op\":\"add-user\",\"name\":\"Zoe\"},{\"op\":\"set-password\",\"user\":\"Zoe\",\"password\":\"\(secret)\"}]",
      "ops.json"
    )
    var said = ""
    for arguments in [
      ["directory", "edit", "--from", place.project + "/ops.json", "--dry-run"],
      ["directory", "edit", "--from", place.project + "/ops.json", "--json"],
      ["directory", "show", "--json"], ["directory", "show"], ["status", "--json"],
    ] {
      let result = try await Program.run(
        Program.path,
        arguments + ["--state-dir", place.state]
      )
      #expect(result.status == 0, "\(result.errors)")
      said += result.output + result.errors
    }
    #expect(try text(place, "Settings/directory.json").contains("$2b$10$"))
    #expect(await server.stop() == 0)
    said += server.running.output + server.running.errors
    #expect(!said.contains("$2b$") && !said.contains(secret))
    let kept = try await Program.shell("grep -rlE '\\$2[aby]\\$|\(secret)' \(place.state)")
    #expect(kept.output.isEmpty)
  }

  @Test func gitMergesTwoFieldsWithoutMarkers() async throws {
    let place = try Self.workplace()
    let installed = try await Program.run(
      Program.path,
      ["hooks", "install", place.project, "--state-dir", place.state]
    )
    #expect(installed.status != 0)
    let made = try await Program.shell(
      "git init -q -b main . && git config user.name t && git config user.email t@example.invalid",
      in: place.project
    )
    #expect(made.status == 0, "\(made.output)")
    let again = try await Program.run(
      Program.path,
      ["hooks", "install", place.project, "--state-dir", place.state]
    )
    #expect(again.status == 0, "\(again.errors)")
    func commit(_ script: String, _ fields: [String]) async throws {
      try place.save(Self.tables(fields), Self.catalog)
      let result = try await Program.shell(
        "set -e\n\(script)\ngit add -A\ngit commit -qm x",
        in: place.project
      )
      #expect(result.status == 0, "\(result.output)")
    }
    try await commit(":", ["Title", "Author"])
    try await commit("git checkout -q -b other", ["Title", "Author", "Illustration"])
    _ = try await Program.shell("git checkout -q main", in: place.project)
    try await commit(":", ["Title", "Author", "Pages__"])
    let merged = try await Program.shell("git merge other -m merged", in: place.project)
    #expect(merged.status == 0, "\(merged.output)")
    let result = try text(place)
    #expect(result.contains("\"Illustration\"") && result.contains("\"Pages__\""))
    #expect(!result.contains("<<<<<<<"))
  }

  @Test func theFoldersOfTheMachineAreMadeAndDoctorMendsThem() async throws {
    let place = try Self.workplace()
    let server = try await place.serve()
    for folder in ["userPreferences", "DerivedDataRemote"] {
      #expect(FileManager.default.fileExists(atPath: "\(place.state)/\(folder)"))
    }
    let before = try #require(try await place.reload().generation)
    try Data("{}".utf8).write(
      to: URL(filePath: "\(place.state)/DerivedDataRemote/methodAttributes.json")
    )
    #expect(try await place.reload().generation?.digest == before.digest)
    #expect(await server.stop() == 0)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755],
      ofItemAtPath: place.state + "/userPreferences"
    )
    func doctor(_ extra: [String]) async throws -> Int32 {
      try await Program.run(
        Program.path,
        ["doctor", place.project, "--state-dir", place.state] + extra
      ).status
    }
    #expect(try await doctor([]) == 1)
    #expect(try await doctor(["--repair"]) == 0)
    #expect(try await doctor([]) == 0)
  }
}
