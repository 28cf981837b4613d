import ProjectModel
import Testing

@Suite struct JSONSyntaxTests {
  @Test(arguments: [
    "{}", "[]", " [1, -0.5e+3, true, false, null] ", "\u{FEFF}{\"a\":{\"b\":[\"\\u00e9\\n\"]}}",
    "\"x\"",
    "0",
  ])
  func acceptsJSON(_ text: String) throws {
    try JSONSyntax.check(Array(text.utf8))
  }

  @Test(arguments: [
    ("", 1), ("\n\n", 3), ("{\n\"a\": 1,\n}", 3), ("{\n  a: 1 }", 2), ("[1\n2]", 2), ("[01]", 1),
    ("{'a': 1}", 1), ("[1]\n\nx", 3), ("\"a\nb\"", 1), ("\"open", 1), ("[1.]", 1), ("nul", 1),
    ("{\"a\" 1}", 1), ("\"\\q\"", 1), ("\"\\u12x4\"", 1),
  ])
  func namesTheLineOfTheFirstError(_ text: String, _ line: Int) {
    #expect(throws: JSONSyntax.Failure.self) { try JSONSyntax.check(Array(text.utf8)) }
    do {
      try JSONSyntax.check(Array(text.utf8))
    } catch {
      #expect(error.line == line)
    }
  }

  @Test func refusesNestingThatWouldExhaustTheStack() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: JSONSyntax.Failure.self) { try JSONSyntax.check(deep) }
  }
}
