import ProjectModel
import Testing

@Suite struct SourceCheckTests {
  @Test func aBrokenProjectFileIsReportedAndDoesNotFail() {
    let problems = SourceCheck.problems(
      in: Array("{compatibilityVersion: 1900}".utf8),
      at: ProjectPath("Project/A.4DProject")
    )
    #expect(problems.map(\.severity) == [.warning])
  }

  @Test(arguments: [
    (#"{"privileges": [], "permissions": {}}"#, []),
    ("{\n", ["json-not-well-formed 2"]),
    ("{\"privileges\": [],\n\"permissions\": null}", ["roles-broken 2"]),
    (
      #"{"privileges": [], "permissions": {"allowed": [{"applyTo": "ds", "type": "all"}]}}"#,
      ["roles-broken 1"]
    ),
    (
      #"{"privileges": [{"privilege": "a", "includes": ["b"]}], "permissions": {}}"#,
      ["roles-unknown-name 1"]
    ),
  ])
  func whatIsWrongWithTheRolesIsReported(text: String, rules: [String]) {
    let problems = SourceCheck.problems(in: Array(text.utf8), at: ProjectLayout.roles)
    #expect(problems.map { "\($0.rule) \($0.line ?? 0)" } == rules)
    #expect(
      problems.allSatisfy { $0.severity == .warning && $0.file == ProjectLayout.roles.display }
    )
    // Another file of that name is nobody's privileges.
    let other = SourceCheck.problems(in: Array(text.utf8), at: ProjectPath("Project/roles.json"))
    #expect(
      other.map(\.rule) == rules.filter { $0.hasPrefix("json") }.map { String($0.dropLast(2)) }
    )
  }

  @Test func methodsAreNotParsed() {
    #expect(
      SourceCheck.problems(in: [0xFF], at: ProjectPath("Project/Sources/Methods/a.4dm")) == []
    )
  }

  @Test func exactlyOneProjectFileIsNeeded() {
    let one = ProjectPath("Project/A.4DProject")
    let two = ProjectPath("Project/B.4DProject")
    let deep = ProjectPath("Project/Sources/C.4DProject")
    #expect(SourceCheck.problems(ofFiles: [one, deep]) == [])
    #expect(SourceCheck.problems(ofFiles: [deep]).map(\.rule) == ["project-file-missing"])
    #expect(SourceCheck.problems(ofFiles: [one, two]).map(\.rule) == ["project-file-twice"])
  }
}

@Suite struct NameCheckTests {
  @Test(arguments: ["a:b", "a\\b", "x.", "x ", "CON", "aux.4dm", "com1.txt", "a\u{1}b", "a?b"])
  func findsNamesThatWindowsCannotStore(_ name: String) {
    let problems = NameCheck.problems(in: [ProjectPath("Project/\(name)")])
    #expect(problems.map(\.rule) == ["name-not-portable"])
  }

  @Test(arguments: ["Pop-up%2FDrop-down.4dm", "été.4dm", "a b", ".hidden", "CONSOLE", "com10"])
  func acceptsOrdinaryNames(_ name: String) {
    #expect(NameCheck.problems(in: [ProjectPath("Project/\(name)")]) == [])
  }

  @Test func findsTwinsByCaseAndByUnicodeForm() {
    let paths = ["P/Été", "P/e\u{301}te\u{301}", "P/a", "P/A", "Q/a"].map { ProjectPath($0) }
    #expect(NameCheck.problems(in: paths).map(\.rule) == ["name-twin", "name-twin"])
  }
}

@Suite struct ProjectPathTests {
  @Test func knowsItsParts() {
    let path = ProjectPath("Project/Sources/x.4dm")
    #expect(path.parent == ProjectPath("Project/Sources"))
    #expect(Array(path.name) == Array("x.4dm".utf8))
    #expect(ProjectPath("Project").parent.isRoot)
    #expect(path.isInside(ProjectPath("Project")))
    #expect(!ProjectPath("Projects/x").isInside(ProjectPath("Project")))
    #expect(path.isInside(.root))
  }
}

@Suite struct DigestTests {
  @Test func readsOnlyLowerCaseHexOf64Digits() throws {
    let hex = String(repeating: "0a", count: 32)
    #expect(try #require(Digest(hex: hex)).hex == hex)
    #expect(Digest(hex: hex.uppercased()) == nil)
    #expect(Digest(hex: hex + "00") == nil)
    #expect(Digest(bytes: [1, 2]) == nil)
  }
}
