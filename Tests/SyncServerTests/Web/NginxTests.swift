import Foundation
import ProjectModel
import Sessions
import TestPrograms
import Testing

/// A running nginx with the configuration of `docs/examples`, in front of an application that says
/// what reaches it.
private struct Nginx {
  static let program = "/usr/sbin/nginx"
  static let isThere = FileManager.default.isExecutableFile(atPath: program)

  let folder: String
  private let running: RunningProgram

  init(before web: WebFixture) async throws {
    let folder = web.folder + "/nginx"
    let page = URL(filePath: #filePath).appending(path: "../../../../docs/examples/nginx.conf")
    let example = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
      .replacing("127.0.0.1:8080", with: web.host)
      .replacing("127.0.0.1:3000", with: "unix:\(folder)/app.sock")
      .replacing("listen 80;", with: "listen unix:\(folder)/shop.sock;")
      .replacing("/var/log/nginx/", with: folder + "/")
    try WebFixture.save(example, "shop.conf", in: folder)
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(folder)/\($0);" }
    let whole = """
      daemon off; master_process off; pid \(folder)/nginx.pid; error_log \(folder)/error.log;
      events {}
      http {
        \(temporary.joined(separator: " ")) access_log off;
        include \(folder)/shop.conf;
        server {
          listen unix:\(folder)/app.sock;
          location / {
            return 200 "app $request_uri user=$http_syncd_user type=$http_syncd_session_type may=$http_syncd_privileges";
          }
        }
      }
      """
    try WebFixture.save(whole, "nginx.conf", in: folder)
    let running = try RunningProgram(Self.program, ["-p", folder, "-c", folder + "/nginx.conf"])
    let limit = ContinuousClock().now.advanced(by: .seconds(60))
    while (try? await TestClient.unix(path: folder + "/shop.sock")) == nil {
      try #require(ContinuousClock().now < limit, "\(running.errors)")
      await Task.yield()
    }
    (self.folder, self.running) = (folder, running)
  }

  func ask(
    _ method: String = "GET",
    _ path: String,
    _ fields: [String] = [],
    body: String? = nil
  ) async throws -> TestResponse {
    try await TestClient.unix(path: folder + "/shop.sock")
      .ask(method, path, host: "shop.example.com", fields, body: body)
  }

  func log(_ name: String) throws -> String {
    try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
  }
}

@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: Nginx.isThere)) struct NginxTests {
  @Test func nginxSharesTheSession() async throws {
    try await WebFixture.with(
      rules: "/login/** guest\n/products/** viewProducts\n/admin/** admin\n",
      hosts: ["shop.example.com"],
      { web in
        let desktop = try web.desktop()
        let order = PrivilegeOrder(privileges: ["viewProducts"])
        try web.sessions.setPrivileges(order, of: desktop, for: .server)
        let nginx = try await Nginx(before: web)

        let stranger = try await nginx.ask("GET", "/products/")
        #expect(stranger.status == 303)
        #expect(stranger["location"]?.hasSuffix("/login/") == true)
        #expect(stranger.cookie?.hasPrefix("4DSID_Shop=") == true)
        let imitation = ["Syncd-User: boss", "Syncd_User: boss", "Syncd-Privileges: admin"]
        let login = try await nginx.ask("GET", "/login/", imitation)
        #expect(login.text == "app /login/ user= type=web may=")

        let passcode = try await web.passcode(of: desktop)
        let step = try await nginx.ask("GET", "/products/?a=1&$4DSID=\(passcode)")
        #expect(step.status == 303)
        #expect(step["location"] == "/products/?a=1")
        #expect(step["referrer-policy"] == "no-referrer")
        let browser = "Cookie: \(try #require(step.cookie))"
        let page = try await nginx.ask("GET", "/products/?a=1", [browser] + imitation)
        #expect(page.text == "app /products/?a=1 user=ann type=remote may=viewProducts")
        #expect(page["set-cookie"] == nil)
        let form = try await nginx.ask("POST", "/products/", [browser], body: "a=1")
        #expect(form.text == "app /products/ user=ann type=remote may=viewProducts")

        for path in [
          "/admin/", "/login/..;/products/secret", "/login/..%5cproducts/secret",
          "/login/../admin/", "/login/%2e%2e/admin/", "/products/..%2fadmin/",
        ] {
          #expect(try await nginx.ask("GET", path, [browser]).status == 403, "\(path)")
        }
        for key in ["%24%34DSID", "$4%44%53%49%44", "x=1&$4DSID"] {
          let code = try await web.passcode(of: desktop)
          let escaped = try await nginx.ask("GET", "/products/?\(key)=\(code)")
          #expect(escaped.status == 303 && escaped["set-cookie"] != nil, "\(key)")
        }
        let again = try await nginx.ask("GET", "/products/?$4DSID=\(passcode)")
        #expect(again.status == 303)
        #expect(again["set-cookie"] == nil)

        // A picture in another's page is no step: the application answers, for whom the browser is.
        let fetched = ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: cross-site"]
        let unused = try await web.passcode(of: desktop)
        let picture = try await nginx.ask("GET", "/login/?$4DSID=\(unused)", [browser] + fetched)
        #expect(picture.text.hasPrefix("app /login/"))
        let refused = try await nginx.ask("GET", "/products/?$4DSID=\(unused)", fetched)
        #expect(refused["location"]?.hasSuffix("/login/") == true)
        for fields in [
          ["Sec-Fetch-Mode: navigate"], ["Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"],
        ] {
          let code = try await web.passcode(of: desktop)
          let taken = try await nginx.ask("GET", "/products/?$4DSID=\(code)", fields)
          #expect(taken.status == 303 && taken["location"] == "/products/", "\(fields)")
          #expect(taken["set-cookie"] != nil, "\(fields)")
        }
        // What the check says of somebody is for the application, however it came to the check.
        let odd = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Mode: no-cors", browser]
        let bare = try await nginx.ask("GET", "/products/?$4DSID=\(unused)", odd)
        for name in ["session", "session-type", "user", "privileges"] {
          #expect(bare["syncd-" + name] == nil, "\(name)")
        }

        #expect(try await nginx.ask("GET", "/_session/check", [browser]).status == 404)
        let own = [browser, "Origin: http://shop.example.com"]
        let session = try await nginx.ask("GET", "/_session", own).json(SessionAnswer.self)
        #expect(session.info.ID == desktop.text)
        let stream = try await TestClient.unix(path: nginx.folder + "/shop.sock")
        let request = ["Host: shop.example.com", browser].map { $0 + "\r\n" }.joined()
        try await stream.send("GET /_session/events HTTP/1.1\r\n\(request)\r\n")
        #expect(try await stream.head().status == 200)
        #expect(try await stream.read(through: "\n\n").contains("retry"))
        #expect(try await stream.read(through: "\n\n").contains("event: ready"))
        try web.sessions.setPrivileges(order, of: desktop, for: .server)
        #expect(try await stream.read(through: "\n\n").contains("event: privileges"))
        #expect(try await nginx.ask("POST", "/_session/leave", own, body: "").status == 204)
        #expect(try await nginx.ask("GET", "/products/", [browser]).status == 303)
        #expect(!(try nginx.log("shop.log").contains(passcode)))
        #expect(!(try nginx.log("error.log").contains(passcode)))
      }
    )
  }
}
