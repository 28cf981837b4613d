import ProjectModel
import Testing

@Suite struct ContentRulesTests {
  private let rules = ContentRules()
  private let compiled = ContentRules(profile: .compiled)

  @Test(arguments: [
    "Project", "Project/Sources", "Project/Sources/Forms/Book/ObjectMethods", "Project/DerivedData",
    "Project/DerivedData/CompiledCode", "Project/Sources/Shared/Methods",
  ])
  func foldersOfACompiledProjectAreIncluded(path: String) {
    #expect(compiled.includes(folder: ProjectPath(path)))
  }

  @Test(arguments: [
    "Project/Sources/Methods", "Project/Sources/Classes", "Project/Sources/DatabaseMethods",
    "Project/Sources/Triggers", "Project/Sources/Methods/x", "Project/Trash", "Libraries",
  ])
  func foldersOfSourcesAreNotInACompiledProject(path: String) {
    #expect(!compiled.includes(folder: ProjectPath(path)))
  }

  @Test(arguments: [
    ("Project/DerivedData/CompiledCode/IX64 1", true),
    ("Project/DerivedData/methodAttributes.json", true),
    ("Project/Sources/Forms/Book/form.4DForm", true), ("Project/Sources/catalog.4DCatalog", true),
    ("Project/Sources/Forms/dependencies.json", true), ("Project/Sources/dependencies.json", false),
    ("Project/Sources/Forms/Book/method.4dm", false),
    ("Project/Sources/Forms/Book/METHOD.4DM", false), ("Project/Sources/Methods/x.txt", false),
    ("Project/DerivedData/.DS_Store", false), ("Project/DerivedData/x.4dm", false),
  ])
  func compiledCodeTakesThePlaceOfMethods(path: String, isMember: Bool) {
    #expect(compiled.includes(file: ProjectPath(path)) == isMember)
  }

  @Test(arguments: [
    "", "Project", "Project/Sources", "Project/Sources/TableForms/4913", "Project/a~",
    "Project/DerivedData2", "Project/Sources/DerivedData", "Project/Sources/Trash",
    "Project/x.tmp", "Project/._x",
  ])
  func foldersOfTheProjectAreIncluded(path: String) {
    #expect(rules.includes(folder: ProjectPath(path)))
  }

  @Test(arguments: [
    "Resources", "Settings", "Projects", "project", "Project/DerivedData", "Project/Trash",
    "Project/DerivedData/CompiledCode", "Project/Trash/Methods/x",
  ])
  func otherFoldersAreNot(path: String) {
    #expect(!rules.includes(folder: ProjectPath(path)))
  }

  @Test(arguments: [
    "Project/a.4DProject", "Project/Sources/Methods/x.4dm", "Project/Sources/.gitkeep",
    "Project/Sources/TableForms/4913/form.4DForm", "Project/a~/b", "Project/x.tmp/y",
    "Project/Trash",
    "Project/tmp", "Project/.swp", "Project/.a.swap", "Project/a.swp", "Project/#", "Project/#a",
    "Project/a#", "Project/49130", "Project/thumbs.db", "Project/.DS_Store2", "Project/~a",
  ])
  func filesOfTheProjectAreIncluded(path: String) {
    #expect(rules.includes(file: ProjectPath(path)))
  }

  @Test(arguments: [
    "Project", "readme.md", "Settings/directory.json", "Project/DerivedData/x", "Project/Trash/y/z",
    "Project/.DS_Store", "Project/Sources/._form.json", "Project/Thumbs.db", "Project/desktop.ini",
    "Project/a~", "Project/~", "Project/.a.swp", "Project/.a.b.swx", "Project/..swp",
    "Project/Sources/4913", "Project/.#a", "Project/#a#", "Project/##", "Project/a.tmp",
    "Project/.tmp", "Project/.goutputstream-X1",
  ])
  func junkAndWhatIsOutsideIsNot(path: String) {
    #expect(!rules.includes(file: ProjectPath(path)))
  }
}
