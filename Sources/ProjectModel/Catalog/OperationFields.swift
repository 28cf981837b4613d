/// Why a JSON value is no operation: one sentence.
package struct UnreadableOperation: Error {
  /// The operation's place in a list, from 1; `nil` outside of one.
  package let number: Int?
  package let text: String

  init(_ path: [any CodingKey], _ text: String) {
    number = path.lazy.compactMap(\.intValue).first.map { $0 + 1 }
    self.text = text
  }
}

/// The keys of an operation's JSON object; what is not asked for is an error.
struct OperationFields {
  struct Key: CodingKey, Hashable {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let container: KeyedDecodingContainer<Key>
  private var read: Set<String> = []

  init(_ decoder: any Decoder) throws {
    do {
      container = try decoder.container(keyedBy: Key.self)
    } catch {
      let name = decoder.codingPath.last.flatMap { $0.intValue == nil ? $0.stringValue : nil }
      throw UnreadableOperation(
        decoder.codingPath,
        name.map { "\"\($0)\" must be an object" } ?? "an operation is an object with an \"op\""
      )
    }
  }

  func failure(_ sentence: String) -> UnreadableOperation {
    UnreadableOperation(container.codingPath, sentence)
  }

  /// A text; numbers and truth values are taken as what they look like.
  mutating func optional(_ name: String) throws -> String? {
    read.insert(name)
    let key = Key(stringValue: name)
    guard container.contains(key), try !container.decodeNil(forKey: key) else { return nil }
    if let text = try? container.decode(Scalar.self, forKey: key) { return text.text }
    throw failure("\"\(name)\" must be a text")
  }

  mutating func string(_ name: String) throws -> String {
    guard let text = try optional(name) else { throw failure("\"\(name)\" is missing") }
    return text
  }

  mutating func flag(_ name: String) throws -> Bool {
    read.insert(name)
    let key = Key(stringValue: name)
    guard container.contains(key) else { return false }
    guard let flag = try? container.decode(Bool.self, forKey: key) else {
      throw failure("\"\(name)\" must be true or false")
    }
    return flag
  }

  mutating func strings(_ name: String) throws -> [String] {
    read.insert(name)
    guard let list = try? container.decode([String].self, forKey: Key(stringValue: name)) else {
      throw failure("\"\(name)\" must be a list of texts")
    }
    return list
  }

  mutating func attributes() throws -> [String: String] {
    read.insert("attributes")
    let key = Key(stringValue: "attributes")
    guard container.contains(key) else { return [:] }
    guard let values = try? container.decode([String: Scalar].self, forKey: key) else {
      throw failure("\"attributes\" must be an object of texts")
    }
    return values.mapValues(\.text)
  }

  mutating func nested<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value? {
    read.insert(name)
    return try container.decodeIfPresent(type, forKey: Key(stringValue: name))
  }

  /// - Throws: when the object has a key that no one asked for.
  func finish() throws {
    let unknown = container.allKeys.map(\.stringValue).filter { !read.contains($0) }.sorted()
    guard let first = unknown.first else { return }
    throw failure(
      "the operation has no key \"\(first)\"; it takes \(read.sorted().joined(separator: ", "))"
    )
  }

  private struct Scalar: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
      } else if let flag = try? container.decode(Bool.self) {
        text = flag ? "true" : "false"
      } else {
        text = String(try container.decode(Int.self))
      }
    }
  }
}

/// Writes an operation as the reader above takes it; what is absent has no key.
struct OperationOutput {
  private var container: KeyedEncodingContainer<OperationFields.Key>

  init(_ encoder: any Encoder) {
    container = encoder.container(keyedBy: OperationFields.Key.self)
  }

  mutating func put(op: String?, _ texts: [String: String?]) throws {
    if let op { try container.encode(op, forKey: .init(stringValue: "op")) }
    for (name, text) in texts {
      if let text { try container.encode(text, forKey: .init(stringValue: name)) }
    }
  }

  mutating func put(key name: String, _ value: some Encodable) throws {
    try container.encode(value, forKey: .init(stringValue: name))
  }

  mutating func put(attributes: [String: String]) throws {
    if !attributes.isEmpty { try put(key: "attributes", attributes) }
  }

  mutating func put(flags: [String: Bool]) throws {
    for (name, flag) in flags where flag { try put(key: name, true) }
  }
}
