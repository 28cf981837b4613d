import Foundation
import SyncProtocol
import Testing

/// Who may call what, as `docs/access.md` says: its table is what the tests try.
struct AccessTable {
  enum Grade: String, CaseIterable {
    case sameMachine, hook, socketGroup, development, remote, anonymous
  }

  enum Answer: Equatable {
    /// Let in, whatever the resource then says.
    case yes
    case no(ProblemType)

    init(_ word: some StringProtocol) throws {
      self = word == "yes" ? .yes : .no(try #require(ProblemType(rawValue: String(word))))
    }
  }

  struct Row {
    let method: String
    /// As the page has it.
    let template: String
    /// In the order of the grades: while the Designer has no password, and once he has one.
    let answers: [(open: Answer, protected: Answer)]

    /// A path that the stub project knows; a session asks of itself, and a hook of its own.
    func path(for grade: Grade, session: String = "self") -> String {
      let asksOfItself = [.hook, .development, .remote].contains(grade)
      return template.replacing("{gen}", with: "abc:1").replacing("{id}", with: "x1")
        .replacing(/{(digest|from|to)}/, with: ServerFixture.digest)
        .replacing("{session}", with: asksOfItself ? session : String(repeating: "0", count: 32))
        .replacing("{number}", with: "1").replacing("{name}", with: "view")
    }

    func answer(to grade: Grade, isProtected: Bool) throws -> Answer {
      let index = try #require(Grade.allCases.firstIndex(of: grade))
      return isProtected ? answers[index].protected : answers[index].open
    }
  }

  let rows: [Row]

  /// Reads the rows of the page that name a resource.
  init() throws {
    let page = URL(filePath: #filePath).appending(path: "../../../../docs/access.md")
    let text = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
    rows = try text.split(separator: "\n").filter { $0.hasPrefix("| `") && $0.contains(" /") }
      .map {
        try Self.row($0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) })
      }
  }

  private static func row(_ cells: [String]) throws -> Row {
    let words = cells[0].trimmingCharacters(in: ["`"]).split(separator: " ")
    try #require(words.count == 2 && cells.count == 1 + Grade.allCases.count, "\(cells)")
    return Row(
      method: String(words[0]),
      template: String(words[1]),
      answers: try cells.dropFirst().map { cell in
        let both = try cell.split(separator: " / ").map { try Answer($0) }
        return (try #require(both.first), try #require(both.last))
      }
    )
  }
}
