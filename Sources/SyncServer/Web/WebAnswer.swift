import Foundation
import NIOHTTP1
import SyncProtocol

/// An answer that is in memory.
struct WebAnswer: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: [UInt8] = []

  init(_ status: HTTPResponseStatus, _ headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// One line of JSON for a page's script.
  init(json value: some Encodable) {
    // What is encoded here are strings, numbers and truth values, which always are.
    let body = (try? WireJSON.encode(value)).map { Array($0) } ?? []
    self.init(.ok, ["content-type": "application/json"], body: body)
  }

  /// A sentence for a person, as a page where a browser shows it.
  init(_ status: HTTPResponseStatus, saying sentence: String, to request: WebRequest) {
    guard request.wantsPage else {
      self.init(
        status,
        ["content-type": "text/plain; charset=utf-8"],
        body: Array((sentence + "\n").utf8)
      )
      return
    }
    let title = "\(status.code) \(status.reasonPhrase)"
    let page =
      "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>\(title)</title>"
      + "<h1>\(title)</h1><p>\(Self.escaped(sentence))</p></html>\n"
    self.init(
      status,
      [
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      ],
      body: Array(page.utf8)
    )
  }

  /// Sends the browser to another place of this server, with a GET.
  static func seeOther(_ place: String) -> WebAnswer {
    WebAnswer(.seeOther, ["location": place, "referrer-policy": "no-referrer"])
  }

  static func notFound(_ request: WebRequest) -> WebAnswer {
    WebAnswer(.notFound, saying: "There is no such page.", to: request)
  }

  static func methodNotAllowed(_ allowed: String, _ request: WebRequest) -> WebAnswer {
    var answer = WebAnswer(
      .methodNotAllowed,
      saying: "That is not possible here; possible: \(allowed).",
      to: request
    )
    answer.headers.add(name: "allow", value: allowed)
    return answer
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
