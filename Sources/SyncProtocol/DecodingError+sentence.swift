extension DecodingError {
  /// Where the text is wrong and how, without any of its values.
  package var sentence: String {
    switch self {
    case .keyNotFound(let key, let context):
      "\(Self.place(context)) has no \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(Self.place(context)) has another type than it should"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      context.debugDescription.contains("valid JSON")
        ? "this is no JSON" : "a number is out of the range that it may have"
    case .dataCorrupted(let context): "\(Self.place(context)) is not understood"
    @unknown default: "it is not understood"
    }
  }

  private static func place(_ context: Context) -> String {
    guard !context.codingPath.isEmpty else { return "the object" }
    let names = context.codingPath.map { key in
      key.intValue.map { "\($0)" } ?? String(key.stringValue.prefix(60))
    }
    return names.joined(separator: "/")
  }
}
