import Hummingbird
import SyncProtocol

extension Request {
  /// A parameter of the query, or `nil`.
  ///
  /// - Throws: `bad-request` for one that stands there twice: which of them is meant?
  func query(_ name: String) throws(ProblemDetails) -> String? {
    let values = uri.queryParameters[values: Substring(name)]
    guard values.count < 2 else {
      throw ProblemDetails(.badRequest, detail: "\"\(name)\" stands in the query more than once.")
    }
    return values.first.map(String.init)
  }

  /// A parameter that is a number of milliseconds.
  ///
  /// - Throws: `bad-request` for anything but digits, and for a number out of range.
  func milliseconds(
    _ name: String,
    in range: ClosedRange<Int>
  ) throws(ProblemDetails) -> Int? {
    guard let text = try query(name) else { return nil }
    // `Int` takes a sign too.
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
      range.contains(number)
    else {
      throw ProblemDetails(
        .badRequest,
        detail: "\"\(name)\" is a number of milliseconds from \(range.lowerBound) "
          + "to \(range.upperBound)."
      )
    }
    return number
  }
}
