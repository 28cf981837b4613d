/// A JSON value without its layout: what a text says, and not how it is written.
///
/// Numbers keep their digits, so that nothing is rounded on the way through.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// The digits as they were written, valid by RFC 8259.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  package static func integer(_ value: Int) -> JSONValue { .number(String(value)) }

  /// Reads a JSON text; of members with the same key the last one counts.
  ///
  /// - Throws: the first place that is not JSON, is nested too deep or is not UTF-8.
  package init(reading bytes: [UInt8]) throws(JSONSyntax.Failure) {
    self.init(try JSONSpans(scanning: bytes).root)
  }

  init(_ node: JSONNode) {
    switch node.kind {
    case .string: self = .string(node.text ?? "")
    case .array: self = .array(node.items.map { JSONValue($0.value) })
    case .object:
      self = .object(
        JSONObject(node.items.map { (key: $0.key?.text ?? "", value: JSONValue($0.value)) })
      )
    case .literal:
      switch String(decoding: node.raw, as: UTF8.self) {
      case "null": self = .null
      case "true": self = .bool(true)
      case "false": self = .bool(false)
      case let digits: self = .number(digits)
      }
    }
  }

  package var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  package var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  package var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// How deep arrays and objects are nested: 0 for a value that is neither.
  package var depth: Int {
    switch self {
    case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
    case .object(let object): object.depth
    default: 0
    }
  }

  /// The value as JSON text on one line, the same for equal values.
  package var bytes: [UInt8] {
    var output: [UInt8] = []
    write(into: &output)
    return output
  }

  func write(into output: inout [UInt8]) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .number(let digits): output += digits.utf8
    case .string(let text): output += JSONText.quoted(text)
    case .object(let object): object.write(into: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.write(into: &output)
      }
      output.append(UInt8(ascii: "]"))
    }
  }
}

extension JSONValue: Equatable {
  /// Texts are compared by their code units: two spellings of one letter are two texts in JSON.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let one), .bool(let other)): one == other
    case (.number(let one), .number(let other)): one == other
    case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
    case (.array(let one), .array(let other)): one == other
    case (.object(let one), .object(let other)): one == other
    default: false
    }
  }
}
