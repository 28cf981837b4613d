import Foundation
import SyncServer
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct WebFileTests {
  private static let files = [
    "index.html": "<h1>home</h1>", "products/index.html": "products", "a b.txt": "spaced",
    "style.css": "p{}", "app.js": "x", "data.json": "{}", "logo.svg": "<svg/>", "m.wasm": "w",
    "unknown.xyz": "?", "UPPER.HTML": "u", "empty.txt": "", "plain/only.txt": "o",
    ".well-known/security.txt": "s",
  ]

  @Test func aFileIsServedWithItsType() async throws {
    let cases: [(path: String, type: String, content: String)] = [
      ("/", "text/html; charset=utf-8", "<h1>home</h1>"),
      ("/index.html", "text/html; charset=utf-8", "<h1>home</h1>"),
      ("/products/", "text/html; charset=utf-8", "products"),
      ("/products/?page=2", "text/html; charset=utf-8", "products"),
      ("/a%20b.txt", "text/plain; charset=utf-8", "spaced"),
      ("/style.css", "text/css; charset=utf-8", "p{}"),
      ("/app.js", "text/javascript; charset=utf-8", "x"),
      ("/data.json", "application/json; charset=utf-8", "{}"),
      ("/logo.svg", "image/svg+xml; charset=utf-8", "<svg/>"), ("/m.wasm", "application/wasm", "w"),
      ("/unknown.xyz", "application/octet-stream", "?"),
      ("/UPPER.HTML", "text/html; charset=utf-8", "u"),
      ("/empty.txt", "text/plain; charset=utf-8", ""),
      ("/.well-known/security.txt", "text/plain; charset=utf-8", "s"),
    ]
    try await WebFixture.with(files: Self.files) { web async throws in
      for (path, type, content) in cases {
        let answer = try await web.ask("GET", path)
        #expect(answer.status == 200, "\(path)")
        #expect(answer["content-type"] == type)
        #expect(answer.text == content)
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(answer["cache-control"] == "no-cache")
        #expect(answer["set-cookie"] == nil)
        let head = try await web.ask("HEAD", path)
        #expect(head.status == 200)
        #expect(head["content-length"] == "\(content.utf8.count)")
        #expect(head["etag"] == answer["etag"])
      }
    }
  }

  /// Every way out of the folder, and what in it is not for browsers.
  @Test func nothingLeadsOutOfTheFolder() async throws {
    let paths = [
      "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/products/../../secret.txt",
      "/%2e%2e%2fsecret.txt", "/..%5csecret.txt", "/..\\secret.txt", "/%252e%252e/secret.txt",
      "/products/%2e%2e/index.html", "/products//index.html", "//index.html", "/./index.html",
      "/index.html%00.txt", "/index.html%0a", "/index.html;x", "/index.html.", "/index.html%20",
      "/%c0%ae%c0%ae/secret.txt", "/%ff", "/%", "/%2", "/link.txt", "/linked/secret.txt",
      "/inner-link.txt", "/.hidden", "/.git/config", "/products/.well-known/x", "/pipe",
      "/page.shtml", "/page.SHTM", "/index.html/", "/plain/", "/missing", "/products/index.html/x",
      "secret.txt", "*",
    ]
    var files = Self.files
    for name in [".hidden", ".git/config", "products/.well-known/x", "page.shtml", "page.SHTM"] {
      files[name] = "not for browsers"
    }
    try await WebFixture.with(files: files) { web in
      try WebFixture.save("not for browsers", "secret.txt", in: web.folder)
      let folder = web.folder + "/WebFolder"
      for (name, target) in [
        ("link.txt", "../secret.txt"), ("linked", ".."), ("inner-link.txt", "app.js"),
      ] {
        try FileManager.default.createSymbolicLink(
          atPath: folder + "/" + name,
          withDestinationPath: target
        )
      }
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      for path in paths {
        let answer = try await web.ask("GET", path)
        #expect([400, 404].contains(answer.status), "\(path)")
        #expect(!answer.text.contains("not for browsers"), "\(path)")
      }
    }
  }

  @Test func aFolderWithoutASlashIsOneStepAway() async throws {
    try await WebFixture.with(files: Self.files) { web in
      let answer = try await web.ask("GET", "/products?a=%41")
      #expect(answer.status == 301)
      #expect(answer["location"] == "/products/?a=%41")
    }
  }

  @Test func aBrowserThatHasAFileIsToldSo() async throws {
    try await WebFixture.with(files: Self.files) { web in
      let first = try await web.ask("GET", "/app.js")
      let tag = try #require(first["etag"])
      let date = try #require(first["last-modified"])
      for fields in [
        ["If-None-Match: \(tag)"], ["If-None-Match: \"x\", W/\(tag)"], ["If-None-Match: *"],
        ["If-Modified-Since: \(date)"],
      ] {
        let answer = try await web.ask("GET", "/app.js", fields)
        #expect(answer.status == 304, "\(fields)")
        #expect(answer["etag"] == tag)
      }
      for fields in [
        ["If-None-Match: \"x\"", "If-Modified-Since: \(date)"],
        ["If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"],
      ] {
        #expect(try await web.ask("GET", "/app.js", fields).status == 200, "\(fields)")
      }
      // The same size, and perhaps the same second.
      try WebFixture.save("y", "WebFolder/app.js", in: web.folder)
      let changed = try await web.ask("GET", "/app.js", ["If-None-Match: \(tag)"])
      #expect(changed.status == 200)
      #expect(changed.text == "y")
    }
  }

  @Test func aFileThatIsNotTheExpectedOneIsNotSent() async throws {
    try await WebFixture.with(files: ["n.txt": "0123456789"]) { web in
      let first = try await web.ask("GET", "/n.txt")
      let (tag, date) = (try #require(first["etag"]), try #require(first["last-modified"]))
      let past = "Sun, 06 Nov 1994 08:49:37 GMT"
      let cases: [(fields: [String], status: Int)] = [
        (["If-Match: \(tag)"], 200), (["If-Match: *"], 200), (["If-Match: \"x\", \(tag)"], 200),
        (["If-Match: \"x\"", "If-Match: \(tag)"], 200), (["If-Match: \"x\""], 412),
        (["If-Match: W/\(tag)"], 412), (["If-Match: "], 412),
        // A comma, a star and whatever else stands between quotes is a part of one tag.
        (["If-Match: \"a,*,b\""], 412), (["If-None-Match: \"a,*,b\""], 200),
        (["If-None-Match: \"a, *\""], 200), (["If-Match: \"a,b\",,\t\(tag) ,"], 200),
        (["If-None-Match: \"a,b\" , W/\(tag)"], 304), (["If-None-Match: , \(tag)"], 304),
        // What is no list of tags holds for nothing.
        (["If-Match: \"x,\(tag),y\""], 412), (["If-Match: *, \"x\""], 412),
        (["If-Match: \"x\" \(tag)"], 412), (["If-Match: x, \(tag)"], 412),
        (["If-Match: \(tag), \"x"], 412), (["If-Match: **"], 412), (["If-Match: W/*"], 412),
        (["If-None-Match: *, \"x\""], 200), (["If-None-Match: w/\(tag)"], 200),
        (["If-Unmodified-Since: \(date)"], 200), (["If-Unmodified-Since: \(past)"], 412),
        (["If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT"], 412),
        (["If-Unmodified-Since: Sun Nov  6 08:49:37 1994"], 412),
        (["If-Unmodified-Since: Fri, 01 Jan 2100 00:00:00 GMT"], 200),
        // What is no date is as if it were not there.
        (["If-Unmodified-Since: yesterday"], 200),
        (["If-Unmodified-Since: Sun, 31 Feb 1994 08:49:37 GMT"], 200),
        (["If-Unmodified-Since: Sun, 06 Nov 1994 08:49 GMT"], 200),
        // The tag comes first, and a condition on change before one on having it.
        (["If-Match: \(tag)", "If-Unmodified-Since: \(past)"], 200),
        (["If-Match: \"x\"", "If-Unmodified-Since: \(date)"], 412),
        (["If-Match: \"x\"", "If-None-Match: \(tag)"], 412),
        (["If-Unmodified-Since: \(past)", "If-None-Match: \(tag)"], 412),
        (["If-Match: \(tag)", "If-None-Match: \(tag)"], 304),
        (["If-Unmodified-Since: \(date)", "If-Modified-Since: \(date)"], 304),
        (["If-Match: \(tag)", "Range: bytes=2-3"], 206),
        (["If-Match: \"x\"", "Range: bytes=2-3"], 412),
        (["If-Match: \"x\"", "Range: bytes=2-3", "If-Range: \(tag)"], 412),
        (["If-Match: \"x\"", "Range: bytes=99-"], 412),
        (["If-Match: \(tag)", "Range: bytes=99-"], 416),
        (["If-Unmodified-Since: \(past)", "Range: bytes=2-3"], 412),
      ]
      for (fields, status) in cases {
        let answer = try await web.ask("GET", "/n.txt", fields)
        #expect(answer.status == status, "\(fields)")
        if status == 412 {
          #expect(!answer.text.contains("2") && answer["content-range"] == nil, "\(fields)")
          #expect(answer["cache-control"] == "no-store", "\(fields)")
        }
        let isPart = fields.contains { $0.hasPrefix("Range") }
        let head = try await web.ask("HEAD", "/n.txt", fields)
        #expect(head.status == (isPart && status != 412 ? 200 : status), "\(fields)")
      }
      // Conditions are on a file: without one there is nothing to compare.
      #expect(try await web.ask("GET", "/missing", ["If-Match: *"]).status == 404)
    }
  }

  @Test func aPartOfAFile() async throws {
    let cases: [(range: String, status: Int, content: String, place: String?)] = [
      ("bytes=0-3", 206, "0123", "bytes 0-3/10"), ("bytes=8-", 206, "89", "bytes 8-9/10"),
      ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=5-99", 206, "56789", "bytes 5-9/10"),
      ("bytes=0-1,4-5", 200, "0123456789", nil), ("bytes=4-2", 200, "0123456789", nil),
      ("lines=1-2", 200, "0123456789", nil),
    ]
    try await WebFixture.with(files: ["n.txt": "0123456789"]) { web async throws in
      for (range, status, content, place) in cases {
        let answer = try await web.ask("GET", "/n.txt", ["Range: \(range)"])
        #expect(answer.status == status, "\(range)")
        #expect(answer.text == content)
        #expect(answer["content-range"] == place)
        let beyond = try await web.ask("GET", "/n.txt", ["Range: bytes=10-"])
        #expect(beyond.status == 416)
        #expect(beyond["content-range"] == "bytes */10")
        let other = try await web.ask("GET", "/n.txt", ["Range: \(range)", "If-Range: \"x\""])
        #expect(other.status == 200)
      }
    }
  }

  @Test func aLargeFileComesWhole() async throws {
    try await WebFixture.with { web in
      let content = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
      try content.write(to: URL(filePath: web.folder + "/WebFolder/large.bin"))
      let client = try await TestClient.tcp(port: web.port, receiveBuffer: 4096)
      let answer = try await client.ask("GET", "/large.bin", host: web.host)
      #expect(answer.body == Array(content))
      let part = try await client.ask(
        "GET",
        "/large.bin",
        host: web.host,
        ["Range: bytes=200000-2900000"]
      )
      #expect(part.body == Array(content[200_000...2_900_000]))
    }
  }

  @Test func otherMethodsAreNotPossible() async throws {
    try await WebFixture.with { web in
      for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let answer = try await web.ask(method, "/index.html")
        #expect(answer.status == 405)
        #expect(answer["allow"] == "GET, HEAD")
      }
    }
  }

  @Test func whatIsNoRequestIsRefused() async throws {
    try await WebFixture.with { web async throws in
      func send(_ text: String) async throws -> Int {
        let client = try await TestClient.tcp(port: web.port)
        try await client.send(text)
        return try await client.response().status
      }
      #expect(try await send("GET / HTTP/1.1\r\n\r\n") == 400)
      #expect(try await send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400)
      #expect(try await send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n") == 421)
      #expect(try await send("nonsense\r\n\r\n") == 400)
      let host = "Host: \(web.host)\r\n"
      let large = "POST /_session/restore HTTP/1.1\r\n\(host)Content-Length: 20000\r\n\r\n"
      #expect(try await send(large) == 413)
      let chunk = String(repeating: "x", count: 9000)
      let chunks = "POST /_session/restore HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n"
      let body = "2328\r\n\(chunk)\r\n2328\r\n\(chunk)\r\n"
      #expect(try await send(chunks + body) == 413)
    }
  }

  @Test func aConnectionIsUsedAgainAndClosedWhenAsked() async throws {
    try await WebFixture.with { web in
      let client = try await TestClient.tcp(port: web.port)
      for _ in 0..<3 {
        #expect(try await client.ask("GET", "/", host: web.host).text == "<h1>home</h1>")
      }
      let last = try await client.ask("GET", "/", host: web.host, ["Connection: close"])
      #expect(last["connection"] == "close")
      #expect(try await client.readToEnd().isEmpty)
    }
  }

  /// Replaces the web folder by a link, or by what is before the link.
  private static func link(_ web: WebFixture, to target: String?) throws {
    let (files, folder) = (FileManager.default, web.folder + "/WebFolder")
    if (try? files.destinationOfSymbolicLink(atPath: folder)) == nil {
      try files.moveItem(atPath: folder, toPath: web.folder + "/pages")
    } else {
      try files.removeItem(atPath: folder)
    }
    if let target {
      try files.createSymbolicLink(atPath: folder, withDestinationPath: target)
    } else {
      try files.moveItem(atPath: web.folder + "/pages", toPath: folder)
    }
  }

  /// Whoever may push to a project's repository may put a link there.
  @Test func noLinkStandsForTheProjectsOwnFolder() async throws {
    try await WebFixture.with { web async throws in
      try WebFixture.save("hashes", "Settings/directory.json", in: web.folder)
      try WebFixture.save("elsewhere", "public/index.html", in: web.folder)
      #expect(try await web.ask("GET", "/").status == 200)
      for target in ["Settings", ".", "public", "pages", web.folder + "/Settings"] {
        try Self.link(web, to: target)
        for path in ["/directory.json", "/Settings/directory.json", "/"] {
          #expect(try await web.ask("GET", path).status == 404, "\(target) \(path)")
        }
      }
      try Self.link(web, to: nil)
      #expect(try await web.ask("GET", "/").status == 200)
    }
  }

  @Test func aNamedFolderMayBeALinkAndShowsNothingHidden() async throws {
    try await WebFixture.with(
      configure: { web in
        let project = String(web.folder.dropLast("/WebFolder".count))
        web.bounds = WebBounds(hidden: [project + "/Settings"], isNamed: true)
      },
      { web async throws in
        try WebFixture.save("hashes", "Settings/directory.json", in: web.folder)
        try WebFixture.save("hashes", "Settings/pages/index.html", in: web.folder)
        try WebFixture.save("elsewhere", "public/index.html", in: web.folder)
        for target in ["Settings", ".", "Settings/pages", "..", "public/../Settings", "/"] {
          try Self.link(web, to: "public")
          #expect(try await web.ask("GET", "/").text == "elsewhere")
          try Self.link(web, to: target)
          for path in ["/directory.json", "/Settings/directory.json", "/"] {
            #expect(try await web.ask("GET", path).status == 404, "\(target) \(path)")
          }
        }
        try Self.link(web, to: nil)
        #expect(try await web.ask("GET", "/").text == "<h1>home</h1>")
      }
    )
  }

  @Test func withoutAFolderThereIsNothing() async throws {
    try await WebFixture.with(files: [:]) { web in
      let answer = try await web.ask("GET", "/")
      #expect(answer.status == 404)
    }
  }
}
