import Console
import Testing

@Suite struct TableTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    let table = Table(["NAME", "AGE"], [["Ann", "7"], ["Bartholomew", ""], ["Ünä", "101"]])
    #expect(
      table.lines == ["NAME         AGE", "Ann          7", "Bartholomew", "Ünä          101"]
    )
  }

  /// Names come from clients and from the network.
  @Test func whatANameSaysToATerminalIsNotPassedOn() {
    let lines = Table(["NAME", "X"], [["a\u{1B}[2J\r\nb\u{9B}", "1"]]).lines
    #expect(lines.count == 2)
    let isPlain = lines.joined().unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control
    }
    #expect(isPlain, "\(lines)")
    #expect(lines[1].hasSuffix("1"))
  }

  @Test func withoutRowsThereIsTheHeader() {
    #expect(Table(["A", "B"], []).lines == ["A  B"])
  }
}
