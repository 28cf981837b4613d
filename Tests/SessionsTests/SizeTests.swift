import Foundation
import ProjectModel
import Sessions
import Testing

/// What ten thousand sessions cost.
///
/// Asked for by `SYNCD_MEASURE`: other suites would be counted too.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["SYNCD_MEASURE"] != nil))
struct SizeTests {
  private func residentBytes() throws -> Int {
    let text = try #require(FileManager.default.contents(atPath: "/proc/self/statm"))
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    return try #require(Int(fields[1])) * 4096
  }

  @Test func tenThousandSessionsAreSmall() async throws {
    let bench = Bench(limits: SessionLimits(mostClients: 11_000))
    bench.readRoles()
    let patch = try bench.json(
      #"{"user":{"id":4711,"name":"Ann Smith","mail":"ann@example.com"},"cart":[1,2,3]}"#
    )
    let before = try residentBytes()
    for number in 0..<10_000 {
      let id = try bench.client("user\(number)").id
      try bench.sessions.setPrivileges(
        PrivilegeOrder(privileges: ["viewProducts"]),
        of: id,
        for: .server
      )
      try bench.sessions.patchStorage(of: id, with: patch, for: .server)
      _ = try await bench.sessions.createOTP(of: id, for: .server)
    }
    try await bench.sessions.keep()
    let each = (try residentBytes() - before) / 10_000
    print("bytes a session: \(each)")
    #expect(each <= 4096)
  }

  @Test func passcodesAreQuick() async throws {
    let bench = Bench()
    let id = try bench.client().id
    let begin = ContinuousClock().now
    for number in 0..<20_000 {
      let passcode = try await bench.sessions.createOTP(of: id, for: .server)
      let joined = try await bench.sessions.redeem(passcode, cookie: nil, address: "\(number % 9)")
      #expect(joined != nil)
    }
    let time = ContinuousClock().now - begin
    print("passcodes a second: \(Int(20_000 / (time / .seconds(1))))")
  }

  @Test func storageIsQuick() async throws {
    let bench = Bench()
    let id = try bench.client().id
    let fill = (0..<200).map { ("key\($0)", JSONValue.string(String(repeating: "x", count: 50))) }
    try bench.sessions.patchStorage(
      of: id,
      with: .object(JSONObject(fill.map { (key: $0.0, value: $0.1) })),
      for: .server
    )
    let begin = ContinuousClock().now
    for number in 0..<5000 {
      try bench.sessions.patchStorage(
        of: id,
        with: .object(JSONObject([(key: "n", value: .integer(number))])),
        for: .server
      )
    }
    print("patches of 14 kB, µs each: \((ContinuousClock().now - begin) / .microseconds(5000))")
  }
}
