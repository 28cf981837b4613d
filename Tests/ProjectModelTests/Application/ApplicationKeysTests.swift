import ProjectModel
import Testing

/// What a merged application is made from, as 4D's builder writes it.
@Suite struct ApplicationKeysTests {
  private func settings(_ content: String, root: String = "", name: String = "") -> [UInt8] {
    Array(
      """
      <?xml version="1.0" encoding="UTF-8" standalone="no" ?>
      <Preferences4D\(root)>
        <BuildApp>
          <BuildCompiled>True</BuildCompiled>\(name)
          <SourcesFiles><CS><ServerIncludeIt>True</ServerIncludeIt></CS></SourcesFiles>
          <CS>\(content)</CS>
        </BuildApp>
      </Preferences4D>
      """.utf8
    )
  }

  private func refusal(_ content: String, _ overrides: String...) -> String? {
    do throws(ApplicationKeyFailure) {
      _ = try ApplicationKeys(settings: settings(content), overrides: overrides, project: "Shop")
      return nil
    } catch {
      return error.description
    }
  }

  @Test func everyKeyIsRead() throws {
    let bytes = settings(
      """
      <BuildServerApplication>True</BuildServerApplication><CurrentVers> 44 </CurrentVers>
      <RangeVersMin>40</RangeVersMin><RangeVersMax>50</RangeVersMax><HardLink>a &amp; b</HardLink>
      <IPAddress>shop.example.org</IPAddress><PortNumber>19820</PortNumber>
      <ServerSelectionAllowed>true</ServerSelectionAllowed><BuildCSUpgradeable>True</BuildCSUpgradeable>
      <ServerStructureFolderName>Shop A</ServerStructureFolderName>
      <ClientServerSystemFolderName>Shop B</ClientServerSystemFolderName>
      <ServerEmbedsProjectDirectoryFile>True</ServerEmbedsProjectDirectoryFile>
      <CertificateAuthoritiesCertificates><ItemsCount>2</ItemsCount><Item1>a.pem</Item1><Item2>b.pem</Item2>
      </CertificateAuthoritiesCertificates>
      """,
      root: " xmlns=\"http://www.4d.com/namespace/reserved/2004/buildapp\"",
      name: "<BuildApplicationName>My Shop</BuildApplicationName>"
    )
    let keys = try ApplicationKeys(settings: bytes, project: "Shop")
    #expect(keys.name == "My Shop" && keys.project == "Shop" && keys.publishName == "Shop")
    #expect(keys.versions == ClientVersions(current: 44, minimum: 40, maximum: 50))
    #expect(keys.hardLink == "a & b" && !keys.isHardLinkDerived)
    #expect(keys.host == "shop.example.org" && keys.port == 19820)
    #expect(keys.allowsSelection && keys.isUpgradeable && keys.embedsDirectory)
    #expect(keys.serverFolder == "Shop A" && keys.clientFolder == "Shop B")
    #expect(keys.authorities == ["a.pem", "b.pem"])
    let link = try keys.link()
    #expect(try link.destination() == .address("shop.example.org:19820", name: "Shop"))
    #expect(link[.cacheFolderName] == "Shop B")
  }

  @Test func missingAndEmptyKeysHaveTheDefaults() throws {
    let bytes = settings("<CurrentVers>7</CurrentVers><HardLink></HardLink><IPAddress/>")
    let keys = try ApplicationKeys(settings: bytes, project: "Shop")
    #expect(keys.name == "Shop" && keys.publishName == "Shop" && keys.port == 19813)
    #expect(keys.versions == ClientVersions(current: 7, minimum: 1, maximum: 7))
    #expect(keys.hardLink == "Shop/Shop" && keys.isHardLinkDerived)
    #expect(!keys.allowsSelection && !keys.isUpgradeable && !keys.embedsDirectory)
    #expect(keys.authorities.isEmpty && keys.clientFolder == nil)
    #expect(try keys.link().destination() == .named("Shop", port: nil))
    let bare = try ApplicationKeys(settings: nil, project: "Shop")
    #expect(bare.versions == ClientVersions(current: 1, minimum: 1, maximum: 1))
  }

  @Test func theCommandLineWins() throws {
    let keys = try ApplicationKeys(
      settings: settings("<CurrentVers>7</CurrentVers><HardLink>file</HardLink>"),
      overrides: ["CurrentVers=8", "HardLink=line=1", "IPAddress=::1", "BuildCSUpgradeable=TRUE"],
      project: "Shop"
    )
    #expect(keys.versions.current == 8 && keys.hardLink == "line=1" && keys.isUpgradeable)
    #expect(try keys.link().destination() == .address("[::1]:19813", name: "Shop"))
  }

  @Test(
    arguments: [
      ("<CurrentVers>x</CurrentVers>", "Settings/buildApp.4DSettings:6: CurrentVers is 'x'"),
      ("<CurrentVers>0</CurrentVers>", "from 1 to"), ("<CurrentVers>-1</CurrentVers>", "is '-1'"),
      ("<PortNumber>70000</PortNumber>", "PortNumber is '70000'; it takes 1 to 65535."),
      ("<IPAddress>a/b</IPAddress>", "which is no host"),
      ("<IPAddress>host:19813</IPAddress>", "and the port as PortNumber"),
      ("<BuildCSUpgradeable>yes</BuildCSUpgradeable>", "it takes True or False"),
      ("<ClientServerSystemFolderName>../x</ClientServerSystemFolderName>", "no folder's name"),
      (
        "<ServerStructureFolderName>..</ServerStructureFolderName>",
        "no dot, hyphen or space in front"
      ),
      ("<HardLink>a&#9;b</HardLink>", "control character"),
      (
        "<RangeVersMin>9</RangeVersMin><CurrentVers>3</CurrentVers>",
        "RangeVersMin 9, CurrentVers 3, RangeVersMax 3 must rise in this order."
      ),
      ("<RangeVersMax>2</RangeVersMax><CurrentVers>3</CurrentVers>", "upside down"),
      ("<HardLink>", "Settings/buildApp.4DSettings:8: the settings cannot be read"),
    ]
  )
  func aWrongValueIsOneSentence(content: String, sentence: String) throws {
    let said = try #require(refusal(content))
    #expect(said.contains(sentence), "\(said)")
    #expect(!said.contains("\n") && said.hasSuffix("."))
  }

  @Test func aWrongOverrideNamesWhatIsKnown() throws {
    let unknown = try #require(refusal("", "Hardlink=x"))
    #expect(unknown.contains("'Hardlink'; it knows BuildApplicationName, PublishName"))
    #expect(refusal("", "HardLink")?.contains("has no '='") == true)
    #expect(refusal("", "BuildApplicationName=a'b")?.hasPrefix("--set: BuildApp") == true)
  }

  @Test func whatNoServerCanBeCalledIsRefused() throws {
    let long = String(repeating: "a", count: 101)
    for value in [
      "HardLink=  ", "PublishName= ", "PublishName=^Shop", "PublishName=\(long)", "IPAddress=-host",
      "IPAddress=" + String(repeating: "a", count: 254), "IPAddress=[::1]", "IPAddress= ",
      "IPAddress=fe80::1%eth0", "IPAddress=１２７.0.0.1", "IPAddress=10.0.0.½", "IPAddress=::1]",
    ] {
      let said = refusal("", value)
      #expect(said?.hasPrefix("--set: \(value.prefix { $0 != "=" }) is ") == true, "\(value)")
    }
    let keys = try ApplicationKeys(
      settings: nil,
      overrides: ["HardLink= a b ", "PublishName= Shop "],
      project: "Shop"
    )
    #expect(keys.hardLink == "a b" && keys.publishName == "Shop")
  }

  @Test func spaceAroundAValueIsLeftAsideOnTheCommandLineToo() throws {
    let keys = try ApplicationKeys(
      settings: nil,
      overrides: [
        "IPAddress= 10.0.0.1 ", "PortNumber= 19820", "CurrentVers=3 ", "BuildCSUpgradeable= True",
      ],
      project: "Shop"
    )
    #expect(keys.host == "10.0.0.1" && keys.port == 19820)
    #expect(keys.versions.current == 3 && keys.isUpgradeable)
  }

  @Test func whatIsWrongOnTheCommandLineIsToldFromWhatIsWrongInTheFile() {
    func isUsage(_ content: String, _ overrides: String...) -> Bool? {
      let error = #expect(throws: ApplicationKeyFailure.self) {
        try ApplicationKeys(settings: settings(content), overrides: overrides, project: "Shop")
      }
      return error?.isUsage
    }
    for override in ["Foo", "Foo=1", "PortNumber=x", "IPAddress=a/b", "RangeVersMin=9"] {
      #expect(isUsage("", override) == true, "\(override)")
    }
    #expect(isUsage("<PortNumber>x</PortNumber>") == false)
    #expect(isUsage("<RangeVersMin>9</RangeVersMin>") == false)
  }

  @Test func theFileThatWasNamedIsNamed() {
    let error = #expect(throws: ApplicationKeyFailure.self) {
      try ApplicationKeys(
        settings: settings("<PortNumber>x</PortNumber>"),
        of: "release.4DSettings",
        project: "Shop"
      )
    }
    #expect(error?.description.hasPrefix("release.4DSettings:6: PortNumber") == true)
  }

  @Test func aProjectWhoseNameIsNoFilesNameEverywhereIsRefused() {
    for name in ["It's", "a$b", ".a", "-a", "a.", "", "a\nb", String(repeating: "a", count: 101)] {
      #expect(throws: ApplicationKeyFailure.self, "\(name)") {
        try ApplicationKeys(settings: nil, overrides: ["BuildApplicationName=Fine"], project: name)
      }
    }
    #expect(throws: Never.self) { try ApplicationKeys(settings: nil, project: "Bücher & mehr (2)") }
  }

  @Test func anotherFileIsRefused() {
    #expect(throws: ApplicationKeyFailure.self) {
      try ApplicationKeys(settings: Array("<preferences/>".utf8), project: "Shop")
    }
    let subset = "<!DOCTYPE Preferences4D [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
    #expect(throws: ApplicationKeyFailure.self) {
      try ApplicationKeys(
        settings: Array((subset + "<Preferences4D><BuildApp/></Preferences4D>").utf8),
        project: "Shop"
      )
    }
  }
}
