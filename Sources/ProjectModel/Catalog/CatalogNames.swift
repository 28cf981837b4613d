/// Finds elements by what a client calls them, and says which names are allowed.
struct CatalogNames {
  struct FieldPlace {
    let table: Int
    let field: Int
  }

  typealias Refusal = CatalogChange.Refusal

  let root: CatalogElement

  func table(_ name: String) throws(Refusal) -> Int {
    try Self.find("table", name, in: root, what: "table")
  }

  func element(_ kind: String, _ uuid: String) throws(Refusal) -> Int {
    try Self.find(kind, uuid, in: root, what: kind, byName: kind == "index")
  }

  func field(_ name: String, inTableAt index: Int) throws(Refusal) -> Int {
    let table = root.children[index]
    return try Self.find("field", name, in: table, what: "field of \(table["name"] ?? "")")
  }

  /// A field by its uuid alone, or by anything inside a table.
  func field(_ name: String, in table: String?) throws(Refusal) -> FieldPlace {
    if let table {
      let index = try self.table(table)
      return FieldPlace(table: index, field: try field(name, inTableAt: index))
    }
    for (index, table) in root.children.enumerated() where table.name == "table" {
      for (place, field) in table.children.enumerated()
      where field.name == "field" && Self.isSame(field.uuid, name) {
        return FieldPlace(table: index, field: place)
      }
    }
    throw Refusal(
      rule: "catalog-element-unknown",
      element: name,
      text: "there is no field with the uuid \(name); name the table too when you give a name"
    )
  }

  private static func find(
    _ kind: String,
    _ name: String,
    in parent: CatalogElement,
    what: String,
    byName: Bool = true
  ) throws(Refusal) -> Int {
    var found = parent.children.indices.filter {
      parent.children[$0].name == kind && isSame(parent.children[$0].uuid, name)
    }
    if found.isEmpty, byName {
      let folded = name.lowercased()
      found = parent.children.indices.filter {
        parent.children[$0].name == kind && parent.children[$0]["name"]?.lowercased() == folded
      }
    }
    guard let first = found.first else {
      throw Refusal(
        rule: "catalog-element-unknown",
        element: name,
        text: "there is no \(what) called \(name)"
      )
    }
    guard found.count == 1 else {
      throw Refusal(
        rule: "catalog-element-ambiguous",
        element: name,
        text: "more than one \(what) is called \(name); give the uuid"
      )
    }
    return first
  }

  /// Whether two texts are the same uuid: clients, and some files, write lower-case digits.
  static func isSame(_ one: String?, _ other: String) -> Bool {
    guard let one, one.utf8.count == other.utf8.count else { return false }
    return one == other || one.uppercased() == other.uppercased()
  }

  static func isUUID(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
      }
  }

  /// 4D's limit for the names of tables and fields.
  static let longest = 31

  /// A name that a client gives: letters, digits, underscores and spaces, no digit in front.
  ///
  /// Names in a file are judged by less: real ones have brackets, `-`, `&`, `%` and `$` in them.
  static func check(new name: String) throws(Refusal) {
    try checkCharacters(name)
    let isLegal = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == " " }
    let starts = name.first.map { $0.isLetter || $0 == "_" } ?? false
    guard isLegal, starts, name.last != " " else {
      throw Refusal(
        rule: "catalog-name-illegal",
        text: "\"\(name)\" cannot be a name: it takes letters, digits, spaces and underscores, "
          + "and starts with a letter or an underscore"
      )
    }
    guard name.utf16.count <= longest else {
      throw Refusal(
        rule: "catalog-name-too-long",
        text: "\"\(name)\" has \(name.utf16.count) characters, 4D takes \(longest)"
      )
    }
  }

  /// XML forbids some characters, and 4D cannot open a catalog that has them (ACI0101698).
  static func checkCharacters(_ value: String) throws(Refusal) {
    for scalar in value.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0A, 0x0D, 0x20...0xFFFD, 0x10000...: continue
      default:
        let code = String(scalar.value, radix: 16, uppercase: true)
        throw Refusal(
          rule: "catalog-character-forbidden",
          text: "the value has the character U+\(code), which XML forbids"
        )
      }
    }
  }
}
