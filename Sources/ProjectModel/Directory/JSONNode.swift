/// A value of a JSON text with all bytes around its parts, so that an edit changes nothing else.
///
/// A node belongs to the one who scanned it; nobody shares it.
package final class JSONNode {
  package enum Kind: Hashable, Sendable {
    case object
    case array
    case string
    /// A number, `true`, `false` or `null`.
    case literal
  }

  /// A member of an object or an element of an array; both keep their order.
  package struct Item {
    /// The space before the key, or before the element.
    var leading: ArraySlice<UInt8>
    /// `nil` in an array.
    package internal(set) var key: JSONNode?
    /// The colon with the space around it; empty in an array.
    var colon: ArraySlice<UInt8>
    package internal(set) var value: JSONNode
    /// The space before the comma.
    var trailing: ArraySlice<UInt8> = []
  }

  package let kind: Kind
  /// Where the value begins in the scanned bytes; `nil` for one that was made here.
  package let offset: Int?
  /// The members or elements, in file order; the same key may come twice.
  package internal(set) var items: [Item] = []
  /// The bytes of a string, with its quotes, or of a literal.
  private(set) var raw: ArraySlice<UInt8> = []
  /// The space before the closing bracket.
  var closing: ArraySlice<UInt8> = []
  /// The line break and indent in front of what holds this value; empty where it starts no line.
  var indent: ArraySlice<UInt8> = []
  private var decoded: String?

  init(_ kind: Kind, raw: ArraySlice<UInt8> = [], offset: Int? = nil) {
    self.kind = kind
    self.raw = raw
    self.offset = offset
  }

  convenience init(string: String) {
    self.init(.string, raw: JSONText.quoted(string)[...])
  }

  /// What a string says, `nil` for other values; a lone surrogate reads as U+FFFD.
  package var text: String? {
    guard kind == .string else { return nil }
    if let decoded { return decoded }
    let text = JSONText.unquoted(raw)
    decoded = text
    return text
  }

  /// Makes the string say something else; a string that says it already keeps its bytes.
  func set(_ text: String) {
    guard self.text.map({ !$0.unicodeScalars.elementsEqual(text.unicodeScalars) }) ?? false else {
      return
    }
    raw = JSONText.quoted(text)[...]
    decoded = text
  }

  /// The places of the members with this key; ASCII case does not count.
  package func indices(of key: String) -> [Int] {
    items.indices.filter { index in
      items[index].key?.text.map { JSONText.isSameKey($0, key) } ?? false
    }
  }

  /// The value under a key: the last one where it comes twice, as JSON's readers take it.
  package func value(of key: String) -> JSONNode? {
    indices(of: key).last.map { items[$0].value }
  }

  /// Writes the value as it was read, edits included.
  func write(into output: inout [UInt8]) {
    switch kind {
    case .string, .literal: output += raw
    case .object, .array:
      output.append(kind == .object ? UInt8(ascii: "{") : UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        output += item.leading
        item.key?.write(into: &output)
        output += item.colon
        item.value.write(into: &output)
        output += item.trailing
      }
      output += closing
      output.append(kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
  }

  /// The value without any space: equal for two values that differ in layout alone.
  var compact: [UInt8] {
    var output: [UInt8] = []
    writeCompact(into: &output)
    return output
  }

  private func writeCompact(into output: inout [UInt8]) {
    switch kind {
    case .string: output += JSONText.quoted(text ?? "")
    case .literal: output += raw
    case .object, .array:
      output.append(kind == .object ? UInt8(ascii: "{") : UInt8(ascii: "["))
      for item in items {
        item.key?.writeCompact(into: &output)
        item.value.writeCompact(into: &output)
        output.append(UInt8(ascii: ","))
      }
      output.append(kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
  }
}
