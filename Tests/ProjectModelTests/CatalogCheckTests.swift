import ProjectModel
import Testing

@Suite struct CatalogCheckTests {
  private func rules(_ text: String) -> [String] {
    CatalogCheck.problems(in: Array(text.utf8), at: ProjectLayout.catalog).map(\.rule)
  }

  private let head = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE base SYSTEM "http://www.4d.com/dtd/2007/base.dtd" >

    """

  @Test func acceptsACatalogWithAnExternalDTDThatIsNeverRead() {
    #expect(rules(head + "<base name=\"x\"><schema name=\"S\"/></base>") == [])
  }

  @Test func acceptsAByteOrderMark() {
    #expect(rules("\u{FEFF}" + head + "<base/>") == [])
  }

  @Test(arguments: [
    "", "<base>", "<base/><base/>", "<base a='1' a='2'/>", "<base>&x;</base>", "junk",
  ])
  func refusesWhatIsNotWellFormed(_ text: String) {
    #expect(rules(text) == ["catalog-not-well-formed"])
  }

  @Test func refusesAnotherRoot() {
    #expect(rules("<tables/>") == ["catalog-root"])
  }

  @Test func refusesAnInternalSubset() {
    #expect(rules("<!DOCTYPE base [<!ENTITY a \"b\">]><base/>") == ["catalog-internal-dtd"])
  }

  @Test func namesTheLineOfAMergeMarker() {
    let text = head + "<base>\n<<<<<<< HEAD\n<a/>\n=======\n>>>>>>> x\n</base>"
    let problems = CatalogCheck.problems(in: Array(text.utf8), at: ProjectLayout.catalog)
    #expect(problems.map(\.rule) == ["catalog-merge-markers"])
    #expect(problems.first?.line == 4)
  }

  @Test func namesTheLineOfAnUnclosedElement() {
    let problems = CatalogCheck.problems(
      in: Array("<base>\n<table>\n</base>".utf8),
      at: ProjectLayout.catalog
    )
    #expect(problems.first?.line == 3)
    #expect(problems.first?.severity == .failure)
  }
}
