import Sessions
import Testing

@Suite struct WebRequestTests {
  @Test(arguments: [
    ("/products/?$4DSID=AB", "AB", "/products/"), ("/p?a=1&%244DSID=A%42&b=2", "AB", "/p?a=1&b=2"),
    ("/p?$4DSID=1&$4DSID=2&x", "1", "/p?x"), ("/p?$4DSID", "", "/p"),
    ("/p?%24%34dsid=1&$4DSID=a=b", "a=b", "/p?%24%34dsid=1"),
    ("//evil.example/?$4DSID=1", "1", "/evil.example/"),
    ("/\\evil.example?$4DSID=1", "1", "/evil.example"), ("?$4DSID=%zz%4", "%zz%4", "/"),
  ])
  func aPasscodeIsFoundAndTakenAway(target: String, passcode: String, remainder: String) throws {
    let query = try #require(PasscodeQuery(target: target))
    #expect(query.passcode == passcode)
    #expect(query.remainder == remainder)
    #expect(PasscodeQuery(target: query.remainder) == nil)
  }

  @Test(arguments: ["/p", "/p?", "/p?4DSID=1", "/p?x=$4DSID=1", "/$4DSID=1"])
  func otherTargetsHaveNone(target: String) { #expect(PasscodeQuery(target: target) == nil) }

  @Test func onlyAnOpenedPageTakesOne() {
    #expect(PasscodeQuery.isTaken(method: "GET", purposes: []))
    for method in ["HEAD", "POST", "get", "OPTIONS"] {
      #expect(!PasscodeQuery.isTaken(method: method, purposes: []))
    }
    for purpose in ["prefetch", "Prefetch;prerender", "prefetch;anonymous-client-ip", "preview"] {
      #expect(!PasscodeQuery.isTaken(method: "GET", purposes: ["x", purpose]))
    }
  }

  @Test func theCookieOfAProject() {
    let cookie = WebCookie(projectName: "My Shop=é")
    #expect(cookie.name == "4DSID_My_Shop___")
    let value = String(repeating: "A", count: 32)
    #expect(
      cookie.field(value, isSecure: true)
        == "4DSID_My_Shop___=\(value); Path=/; HttpOnly; SameSite=Lax; Secure"
    )
    #expect(cookie.field(nil, isSecure: false).contains("Max-Age=0"))
    let other = String(repeating: "B", count: 32)
    let header = "a=b; 4DSID_My_Shop___=\(value);x; 4DSID_My_Shop___=\(other); 4DSID_My_Shop___=C"
    #expect(cookie.values(in: header) == [value, other])
    #expect(cookie.values(in: "4DSID_Other=\(value)") == [])
  }
}
