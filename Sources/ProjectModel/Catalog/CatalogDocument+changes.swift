extension CatalogDocument {
  /// The uuids that operations read or write in this state; names are looked up here.
  ///
  /// What an operation names and this state does not have is left out: carrying it out is refused.
  package func touched(by operations: [CatalogOperation]) -> Set<String> {
    var result: Set<String> = []
    let names = CatalogNames(root: root)
    func table(_ name: String) -> Int? {
      let index = (try? names.table(name)) ?? (try? names.table("(\(name))"))
      if let uuid = index.flatMap({ root.children[$0].uuid }) { result.insert(uuid) }
      return index
    }
    func field(_ name: String, in owner: String?) {
      if let owner { _ = table(owner) }
      guard let place = try? names.field(name, in: owner) else { return }
      let owner = root.children[place.table]
      result.formUnion([owner.uuid, owner.children[place.field].uuid].compactMap { $0 })
    }
    for operation in operations {
      switch operation {
      case .addTable(_, let uuid, _, _): if let uuid { result.insert(uuid.uppercased()) }
      case .renameTable(let name, _), .trashTable(let name), .restoreTable(let name, _),
        .setTableAttribute(let name, _, _), .addField(let name, _):
        _ = table(name)
      case .deleteTable(let name, _, _):
        guard let index = table(name) else { continue }
        result.formUnion(root.children[index].children.compactMap(\.ownUUID))
      case .renameField(let owner, let name, _), .deleteField(let owner, let name, _),
        .setFieldAttribute(let owner, let name, _, _):
        field(name, in: owner)
      case .setPrimaryKey(let owner, let fields):
        _ = table(owner)
        for name in fields { field(name, in: owner) }
      case .addIndex(let index): for name in index.fields { field(name, in: index.table) }
      case .addRelation(let relation):
        field(relation.sourceField, in: relation.sourceTable)
        field(relation.destinationField, in: relation.destinationTable)
      case .deleteIndex(let uuid), .deleteRelation(let uuid),
        .setRelationAttribute(let uuid, _, _):
        let kind = if case .deleteIndex = operation { "index" } else { "relation" }
        if let index = try? names.element(kind, uuid), let own = root.children[index].uuid {
          result.insert(own)
        }
      case .setExtra(.base, _, _): if let uuid = root.uuid { result.insert(uuid) }
      case .setExtra(.table(let name), _, _): _ = table(name)
      case .setExtra(.field(let owner, let name), _, _): field(name, in: owner)
      case .setExtra(.relation(let uuid), _, _):
        if let index = try? names.element("relation", uuid), let own = root.children[index].uuid {
          result.insert(own)
        }
      }
    }
    return result
  }

  /// The uuids of elements that are new, gone or different; a container is different when its own
  /// attributes and unnamed content are, not when an element inside it is.
  package func elementsChanged(since old: CatalogDocument) -> Set<String> {
    var result: Set<String> = []
    Self.compare(old.root, root, into: &result)
    return result
  }

  private static func compare(
    _ old: CatalogElement,
    _ new: CatalogElement,
    into result: inout Set<String>
  ) {
    if old == new { return }
    let isSame =
      old.attributes == new.attributes && old.text == new.text
      && old.children.filter { $0.ownUUID == nil } == new.children.filter { $0.ownUUID == nil }
    if !isSame { result.formUnion([old.ownUUID, new.ownUUID].compactMap { $0 }) }
    let before = Dictionary(
      zip(old.children.siblingKeys, old.children),
      uniquingKeysWith: { one, _ in one }
    )
    var gone = before
    for (key, child) in zip(new.children.siblingKeys, new.children) where child.ownUUID != nil {
      gone[key] = nil
      if let other = before[key] {
        compare(other, child, into: &result)
      } else {
        insertAll(of: child, into: &result)
      }
    }
    for child in gone.values where child.ownUUID != nil { insertAll(of: child, into: &result) }
  }

  private static func insertAll(of element: CatalogElement, into result: inout Set<String>) {
    if let uuid = element.ownUUID { result.insert(uuid) }
    for child in element.children { insertAll(of: child, into: &result) }
  }
}
