/// The order in which 4D writes sections and attributes, measured on real catalogs (4d-domain §5.2).
enum CatalogOrder {
  private static let attributes: [String: [String]] = [
    "base": [
      "name", "uuid", "collation_locale", "consider_only_dead_chars_for_keywords",
      "collator_ignores_middle_wildchar",
    ],
    "table": [
      "name", "uuid", "id", "sql_schema_id", "encryptable", "leave_tag_on_delete",
      "keep_record_stamps", "keep_record_sync_info", "hide_in_REST", "prevent_journaling",
    ],
    "field": [
      "name", "uuid", "type", "limiting_length", "text_switch_size", "unique", "blob_switch_size",
      "autosequence", "autogenerate", "store_as_utf8", "store_as_UUID", "outside_blob",
      "styled_text", "not_null", "never_null", "id", "hide_in_REST",
    ],
    "field_extra": [
      "compressed", "visible", "class_id", "enterable", "modifiable", "mandatory",
      "enumeration_id", "multi_line", "position",
    ],
    "index": ["kind", "unique_keys", "name", "uuid", "type"],
    "relation": [
      "uuid", "name_Nto1", "name_1toN", "auto_load_Nto1", "auto_load_1toN", "foreign_key", "state",
      "integrity",
    ],
    "table_extra": [
      "visible", "trigger_insert", "trigger_update", "trigger_delete", "trigger_load",
      "input_form", "output_form", "trashed",
    ],
    "relation_extra": ["entry_wildchar", "entry_create", "choice_field", "entry_autofill"],
    "base_extra": [
      "__stringCompHash", "__keywordBuildingHash", "package_name", "structure_file_name",
      "data_file_path",
    ],
  ]

  private static let sections: [String: [String]] = [
    "base": ["schema", "table", "relation", "index", "base_extra"],
    "table": ["field", "primary_key", "table_extra"],
    "field": ["index_ref", "field_extra"],
    "relation": ["related_field", "relation_extra"],
  ]

  /// Where a new attribute of an element goes: behind those that 4D writes before it.
  static func place(of attribute: String, in element: CatalogElement) -> Int {
    let order = attributes[element.name] ?? []
    guard let rank = order.firstIndex(of: attribute) else { return element.attributes.count }
    let before = element.attributes.lastIndex { other in
      order.firstIndex(of: other.name).map { $0 < rank } ?? false
    }
    return before.map { $0 + 1 } ?? 0
  }

  /// The place of an element's section; what is unknown stands before the `…_extra`.
  static func rank(of name: String, in parent: String) -> Int {
    let order = sections[parent] ?? []
    if let index = order.firstIndex(of: name) { return index * 2 }
    return max(0, order.count * 2 - 3)
  }

  /// Whether one sibling belongs before another: by section, then by id or uuid.
  static func precedes(_ one: CatalogElement, _ other: CatalogElement, in parent: String) -> Bool {
    let left = rank(of: one.name, in: parent)
    let right = rank(of: other.name, in: parent)
    if left != right { return left < right }
    guard one.name == other.name else { return false }
    switch one.name {
    case "table", "field": return (one.id ?? 0) < (other.id ?? 0)
    case "index": return (one.uuid ?? "") < (other.uuid ?? "")
    default: return true
    }
  }

  /// Where a new child goes: behind everything that belongs before it.
  static func place(of child: CatalogElement, in parent: CatalogElement) -> Int {
    parent.children.lastIndex { precedes($0, child, in: parent.name) }.map { $0 + 1 } ?? 0
  }
}

extension CatalogElement {
  mutating func insert(_ child: CatalogElement) {
    children.insert(child, at: CatalogOrder.place(of: child, in: self))
  }
}
