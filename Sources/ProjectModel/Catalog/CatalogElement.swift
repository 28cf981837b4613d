/// An attribute with its value as XML means it: references resolved.
package struct CatalogAttribute: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// An element of the catalog as a value, without its place in the bytes.
package struct CatalogElement: Hashable, Sendable {
  package var name: String
  /// In the order of the file.
  package var attributes: [CatalogAttribute]
  package var children: [CatalogElement]
  /// The text of an element; empty when there is only white space.
  package var text: String
  package var isCDATA: Bool

  package init(
    _ name: String,
    _ attributes: [CatalogAttribute] = [],
    _ children: [CatalogElement] = [],
    text: String = "",
    isCDATA: Bool = false
  ) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.text = text
    self.isCDATA = isCDATA
  }

  package subscript(_ attribute: String) -> String? {
    for candidate in attributes where candidate.name == attribute { return candidate.value }
    return nil
  }

  /// Sets, adds in 4D's order, or removes an attribute.
  package mutating func set(_ name: String, _ value: String?) {
    if let index = attributes.firstIndex(where: { $0.name == name }) {
      if let value { attributes[index].value = value } else { attributes.remove(at: index) }
    } else if let value {
      let index = CatalogOrder.place(of: name, in: self)
      attributes.insert(CatalogAttribute(name, value), at: index)
    }
  }

  package var uuid: String? { self["uuid"] }

  /// The uuid of an element that has one of its own; `field_ref` and its like only name another's.
  package var ownUUID: String? {
    switch name {
    case "base", "table", "field", "relation", "index": uuid
    default: nil
    }
  }

  package var id: Int? { self["id"].flatMap { Int($0) } }

  package func firstIndex(named name: String) -> Int? {
    children.firstIndex { $0.name == name }
  }

  package func child(_ name: String) -> CatalogElement? { children.first { $0.name == name } }

  /// In the trash: `table_extra` says so (4d-domain §5.2).
  package var isTrashed: Bool { child("table_extra")?["trashed"] == "true" }

  /// The `field_ref` elements of an index or a relation.
  package var fieldRefs: [CatalogElement] {
    children.flatMap { child in
      child.name == "field_ref"
        ? [child]
        : child.name == "related_field" ? child.children.filter { $0.name == "field_ref" } : []
    }
  }

  /// What tells an element from its siblings when two states are compared.
  var siblingKey: String {
    switch name {
    case "table", "field", "relation", "index": name + " " + (uuid ?? "")
    case "primary_key": name + " " + (self["field_uuid"] ?? "")
    case "related_field": name + " " + (self["kind"] ?? "")
    case "schema": name + " " + (self["name"] ?? "")
    default: name
    }
  }
}

extension [CatalogElement] {
  /// A key for each element, unique among them: repeated ones are counted.
  var siblingKeys: [String] {
    var seen: [String: Int] = [:]
    return map { element in
      let key = element.siblingKey
      let count = seen[key, default: 0]
      seen[key] = count + 1
      return count == 0 ? key : key + " #\(count)"
    }
  }
}
