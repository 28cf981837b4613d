/// The merge of the elements' values; where sides contradict each other, one is preferred.
struct CatalogMerger {
  private let prefersOurs: Bool
  private(set) var conflicts: [CatalogMerge.Conflict] = []
  private(set) var renumberedTables: [CatalogMerge.Conflict] = []
  private(set) var notes: [String] = []

  init(prefersOurs: Bool) { self.prefersOurs = prefersOurs }

  mutating func merge(
    base: CatalogElement,
    ours: CatalogElement,
    theirs: CatalogElement
  ) -> CatalogElement {
    var root = merged(base, ours, theirs, ours.uuid)
    renumber(&root, base, ours, theirs)
    Self.refreshNames(in: &root)
    return root
  }

  /// An element that both sides have; without a base both added it.
  private mutating func merged(
    _ base: CatalogElement?,
    _ ours: CatalogElement,
    _ theirs: CatalogElement,
    _ owner: String?
  ) -> CatalogElement {
    if ours == theirs || base == theirs { return ours }
    if base == ours { return theirs }
    let owner = ours.ownUUID ?? owner
    let (ours, theirs) = mergeKey(base, ours, theirs, owner)
    var result = ours
    mergeAttributes(base, theirs, into: &result, owner)
    mergeText(base, ours, theirs, into: &result, owner)
    mergeChildren(base, ours, theirs, into: &result, owner)
    return result
  }

  private mutating func conflict(_ element: String?, _ text: String) {
    conflicts.append(CatalogMerge.Conflict(element: element, text: text))
  }

  /// Settles the primary key of a table, which is one value however many elements it has.
  ///
  /// - Returns: the sides, with the preferred key in both where they contradict each other.
  private mutating func mergeKey(
    _ base: CatalogElement?,
    _ ours: CatalogElement,
    _ theirs: CatalogElement,
    _ owner: String?
  ) -> (CatalogElement, CatalogElement) {
    func key(_ element: CatalogElement?) -> [String] {
      element?.children.filter { $0.name == "primary_key" }
        .map { $0["field_uuid"] ?? $0["field_name"] ?? "" } ?? []
    }
    let (old, mine, other) = (key(base), key(ours), key(theirs))
    guard ours.name == "table", mine != other, mine != old, other != old else {
      return (ours, theirs)
    }
    conflict(owner, "both sides changed the primary key of the table \(ours["name"] ?? "")")
    let preferred = (prefersOurs ? ours : theirs).children.filter { $0.name == "primary_key" }
    func settled(_ side: CatalogElement) -> CatalogElement {
      var side = side
      side.children.removeAll { $0.name == "primary_key" }
      for part in preferred { side.insert(part) }
      return side
    }
    return prefersOurs ? (ours, settled(theirs)) : (settled(ours), theirs)
  }

  // MARK: Attributes and text

  private mutating func mergeAttributes(
    _ base: CatalogElement?,
    _ theirs: CatalogElement,
    into result: inout CatalogElement,
    _ owner: String?
  ) {
    let ours = result
    var names = theirs.attributes.map(\.name)
    names += base?.attributes.map(\.name).filter { !names.contains($0) } ?? []
    for name in names {
      let (old, mine, other) = (base?[name], ours[name], theirs[name])
      if mine == other || other == old { continue }
      if mine == old {
        result.set(name, other)
      } else if !Self.changesByItself(name, of: ours.name) {
        let title = ours["name"].map { " " + $0 } ?? ""
        func shown(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "removed" }
        conflict(
          owner,
          "\(name) of \(ours.name)\(title): ours \(shown(mine)), theirs \(shown(other))"
        )
        if !prefersOurs { result.set(name, other) }
      }
    }
  }

  private mutating func mergeText(
    _ base: CatalogElement?,
    _ ours: CatalogElement,
    _ theirs: CatalogElement,
    into result: inout CatalogElement,
    _ owner: String?
  ) {
    guard ours.text != theirs.text, theirs.text != base?.text ?? "" else { return }
    if ours.text != base?.text ?? "" {
      conflict(owner, "both sides changed the text of a \(ours.name)")
      if prefersOurs { return }
    }
    result.text = theirs.text
    result.isCDATA = theirs.isCDATA
  }

  /// What 4D's editor and the machine write by themselves, and names that follow from a uuid.
  private static func changesByItself(_ attribute: String, of element: String) -> Bool {
    switch element {
    case "editor_table_info", "editor_field_info", "editor_relation_info", "editor_base_info",
      "color", "coordinates":
      true
    case "base_extra":
      attribute.hasPrefix("__") || attribute.hasSuffix("_code_stamp")
        || attribute == "last_opening_mode"
    case "field_ref", "table_ref": attribute == "name"
    case "primary_key": attribute == "field_name"
    default: false
    }
  }

  // MARK: Children

  private mutating func mergeChildren(
    _ base: CatalogElement?,
    _ ours: CatalogElement,
    _ theirs: CatalogElement,
    into result: inout CatalogElement,
    _ owner: String?
  ) {
    let before = Self.keyed(base?.children ?? [])
    let mine = Self.keyed(ours.children)
    let other = Self.keyed(theirs.children)
    result.children = []
    for (key, child) in zip(ours.children.siblingKeys, ours.children) {
      if let opposite = other[key] {
        result.children.append(merged(before[key], child, opposite, owner))
      } else if let old = before[key] {
        if old == child { continue }
        conflict(child.ownUUID ?? owner, "theirs deleted \(Self.title(child)), ours changed it")
        if prefersOurs { result.children.append(child) }
      } else {
        result.children.append(child)
      }
    }
    for (key, child) in zip(theirs.children.siblingKeys, theirs.children) where mine[key] == nil {
      if let old = before[key] {
        if old == child { continue }
        conflict(child.ownUUID ?? owner, "ours deleted \(Self.title(child)), theirs changed it")
        if prefersOurs { continue }
      }
      result.insert(child)
    }
  }

  private static func keyed(_ children: [CatalogElement]) -> [String: CatalogElement] {
    Dictionary(zip(children.siblingKeys, children), uniquingKeysWith: { one, _ in one })
  }

  private static func title(_ element: CatalogElement) -> String {
    let name = element["name"] ?? element["name_Nto1"] ?? element["field_name"]
    return "the \(element.name)" + (name.map { " " + $0 } ?? "")
  }

  // MARK: Ids and names

  private mutating func renumber(
    _ root: inout CatalogElement,
    _ base: CatalogElement,
    _ ours: CatalogElement,
    _ theirs: CatalogElement
  ) {
    let moved = Self.renumbered("table", in: &root, base, ours, theirs)
    for (uuid, name, old, new) in moved {
      renumberedTables.append(
        CatalogMerge.Conflict(
          element: uuid,
          text: "the table \(name) of theirs had the id \(old), which ours gave to another; "
            + "it has \(new) now: move its forms and trigger to that number"
        )
      )
    }
    func table(_ uuid: String?, in root: CatalogElement) -> CatalogElement? {
      root.children.first { $0.name == "table" && $0.uuid == uuid }
    }
    for index in root.children.indices where root.children[index].name == "table" {
      let uuid = root.children[index].uuid
      guard let mine = table(uuid, in: ours), let other = table(uuid, in: theirs), mine != other
      else { continue }
      let old = table(uuid, in: base) ?? CatalogElement("table")
      for (_, name, id, new) in Self.renumbered(
        "field",
        in: &root.children[index],
        old,
        mine,
        other
      ) {
        notes.append(
          "the field \(name) of theirs in \(root.children[index]["name"] ?? "") had the id \(id) "
            + "and has \(new) now"
        )
      }
    }
  }

  /// Gives elements that theirs added another id where ours has the same one.
  private static func renumbered(
    _ kind: String,
    in parent: inout CatalogElement,
    _ base: CatalogElement,
    _ ours: CatalogElement,
    _ theirs: CatalogElement
  ) -> [(uuid: String?, name: String, old: Int, new: Int)] {
    let known = Set(ours.children.filter { $0.name == kind }.map(\.uuid))
    let old = Set(base.children.filter { $0.name == kind }.map(\.uuid))
    let taken = Set(ours.children.filter { $0.name == kind }.compactMap(\.id))
    var largest = [base, ours, theirs].map { $0.largestID(of: kind) }.max() ?? 0
    var moved: [(uuid: String?, name: String, old: Int, new: Int)] = []
    var elements: [CatalogElement] = []
    parent.children.removeAll { child in
      guard child.name == kind, !known.contains(child.uuid), !old.contains(child.uuid),
        let id = child.id, taken.contains(id)
      else { return false }
      largest += 1
      moved.append((child.uuid, child["name"] ?? "", id, largest))
      var element = child
      element.set("id", String(largest))
      elements.append(element)
      return true
    }
    for element in elements { parent.insert(element) }
    return moved
  }

  /// Gives every reference the name that its target has now.
  private static func refreshNames(in root: inout CatalogElement) {
    var names: [String: String] = [:]
    for table in root.children where table.name == "table" {
      if let uuid = table.uuid { names[uuid] = table["name"] }
      for field in table.children where field.name == "field" {
        if let uuid = field.uuid { names[uuid] = field["name"] }
      }
    }
    func refresh(_ element: inout CatalogElement) {
      switch element.name {
      case "field_ref", "table_ref":
        if element["name"] != nil, let name = names[element.uuid ?? ""] {
          element.set("name", name)
        }
      case "primary_key":
        if let name = names[element["field_uuid"] ?? ""] { element.set("field_name", name) }
      case "index", "relation", "related_field", "table", "base": break
      default: return
      }
      for index in element.children.indices { refresh(&element.children[index]) }
    }
    refresh(&root)
  }
}
