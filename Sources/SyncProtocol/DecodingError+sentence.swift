import ProjectModel

extension DecodingError {
  /// Where the text that was decoded is wrong and how, without any of its values.
  package func sentence(on text: some Sequence<UInt8>) -> String {
    switch self {
    case .keyNotFound(let key, let context):
      "\(Self.place(context)) has no \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(Self.place(context)) has another type than it should"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      Self.whole(Array(text))
    case .dataCorrupted(let context): "\(Self.place(context)) is not understood"
    @unknown default: "it is not understood"
    }
  }

  /// Foundation says the same of what is no JSON and of a value that does not fit.
  private static func whole(_ text: [UInt8]) -> String {
    do throws(JSONSyntax.Failure) {
      try JSONSyntax.check(text)
    } catch {
      return "this is no JSON: \(error.text)"
    }
    guard String(validating: text, as: UTF8.self) != nil else { return "this is not UTF-8" }
    return "a number is not whole or out of its range, or an escape stands for no character"
  }

  private static func place(_ context: Context) -> String {
    guard !context.codingPath.isEmpty else { return "the object" }
    let names = context.codingPath.map { key in
      key.intValue.map { "\($0)" } ?? String(key.stringValue.prefix(60))
    }
    return names.joined(separator: "/")
  }
}
