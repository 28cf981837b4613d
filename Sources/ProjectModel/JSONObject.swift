/// The members of a JSON object, each key once, in the order of the keys' bytes.
package struct JSONObject: Sendable {
  package struct Member: Sendable {
    package let key: String
    package internal(set) var value: JSONValue
  }

  /// In the order of the keys' bytes.
  package private(set) var members: [Member] = []

  package init() {}

  /// Of values under the same key the last one counts.
  package init(_ pairs: [(key: String, value: JSONValue)]) {
    for pair in pairs { self[pair.key] = pair.value }
  }

  package var isEmpty: Bool { members.isEmpty }

  /// The value under a key; `nil` removes the member.
  package subscript(key: String) -> JSONValue? {
    get {
      let (index, isThere) = place(of: key)
      return isThere ? members[index].value : nil
    }
    set {
      let (index, isThere) = place(of: key)
      switch (newValue, isThere) {
      case (let value?, true): members[index].value = value
      case (let value?, false): members.insert(Member(key: key, value: value), at: index)
      case (nil, true): members.remove(at: index)
      case (nil, false): break
      }
    }
  }

  /// The object itself and what is nested in it: at least 1.
  package var depth: Int { 1 + (members.map(\.value.depth).max() ?? 0) }

  package var bytes: [UInt8] {
    var output: [UInt8] = []
    write(into: &output)
    return output
  }

  func write(into output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output += JSONText.quoted(member.key)
      output.append(UInt8(ascii: ":"))
      member.value.write(into: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  private func place(of key: String) -> (index: Int, isThere: Bool) {
    var low = 0
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      if members[middle].key.utf8.lexicographicallyPrecedes(key.utf8) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    let isThere = low < members.count && members[low].key.utf8.elementsEqual(key.utf8)
    return (low, isThere)
  }
}

extension JSONObject: Equatable {
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) {
      $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
    }
  }
}
