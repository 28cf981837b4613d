import Foundation
import TestPrograms
import Testing

/// The lines of shell in `docs/clients.md`, as a client on another machine runs them.
@Suite(
  .timeLimit(.minutes(10)),
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"))
)
struct DocumentedClientTests {
  /// The first line that is written for another machine, and what follows in both places.
  private static func script(_ server: Server, pin: String?) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let text = try String(contentsOf: root.appending(path: "docs/clients.md"), encoding: .utf8)
    let blocks = text.split(separator: "```").map { $0.drop { $0 == "\n" } }
    let own = try #require(blocks.first { $0.hasPrefix("server=http://127.0.0.1:19813") })
    let other = try #require(blocks.first { $0.hasPrefix("server=https://") })
    let key = try #require(blocks.first { $0.hasPrefix("tls=(") })
    let lines = other.split(separator: "\n", maxSplits: 1)
    let first = lines[0].replacing("https://192.168.1.5:19813", with: "https://\(server.address)")
    let trust = pin.map { "fingerprint=\($0)\n\(key)" } ?? ""
    return "\(first)\n\(trust)\n\(lines[1])\n\(own.drop { $0 != "\n" })"
  }

  @Test(arguments: [false, true])
  func aUserFetchesTheBundleOverTLSWithCurl(isPinned: Bool) async throws {
    let place = try Workplace()
    let first = try await place.serve()
    let order = #"{"op":"set-password","user":"designer","password":"secret"}"#
    let edit = ["directory", "edit", "--state-dir", place.state, "--op", order]
    #expect(try await Program.run(Program.path, edit).status == 0)
    #expect(await first.stop() == 0)
    let server = try await place.serve("--tls")
    let certificate = place.path + "/tls-cert.pem"
    try FileManager.default.copyItem(atPath: place.state + "/tls-cert.pem", toPath: certificate)
    let login = #"{"user":"Designer","password":"secret"}"#
    try Data(login.utf8).write(to: URL(filePath: place.path + "/login.json"))
    let key = try #require(server.running.output.firstMatch(of: /SHA-256 ([0-9a-f]{64})/)).1
    let script = try Self.script(server, pin: isPinned ? String(key) : nil)
    let done = try await Program.run("/bin/bash", ["-c", script], in: place.path)
    #expect(done.status == 0, "\(done.errors)")
    #expect(try await place.build() == place.contents("app.4dz"))
    if isPinned {
      let wrong = try Self.script(server, pin: String(repeating: "0", count: 64))
      let refused = try await Program.run("/bin/bash", ["-c", wrong], in: place.path)
      #expect(refused.status != 0 && refused.errors.contains("does not match pinned"))
    }
    #expect(await server.stop() == 0)
  }
}
