import CLibXML2

/// An element of a small XML file as a value.
struct XMLItem: Hashable, Sendable {
  struct Attribute: Hashable, Sendable {
    /// With its prefix, where it has one.
    let name: String
    /// References resolved.
    let value: String
  }

  /// Why a file cannot be read.
  struct Failure: Error, Hashable, Sendable {
    let line: Int?
    let text: String
  }

  /// A link or a settings file is a few kilobytes.
  private static let mostBytes = 4 << 20

  let name: String
  /// In the order of the file.
  let attributes: [Attribute]
  let children: [XMLItem]
  /// Its own text in one piece, white space at both ends left out.
  let text: String
  /// Counted from 1.
  let line: Int

  subscript(_ attribute: String) -> String? {
    attributes.first { $0.name == attribute }?.value
  }

  /// The first element at a path of names below this one.
  func descendant(_ names: String...) -> XMLItem? {
    var item: XMLItem? = self
    for name in names { item = item?.children.first { $0.name == name } }
    return item
  }

  /// Reads a file strictly: nothing is recovered, and neither the network nor another file is touched.
  init(reading bytes: [UInt8]) throws(Failure) {
    guard bytes.count <= Self.mostBytes else {
      throw Failure(line: nil, text: "the file is larger than 4 MB")
    }
    switch StrictXML.parse(bytes) {
    case .malformed(let line, let text): throw Failure(line: line, text: text)
    case .parsed(_, hasInternalSubset: true):
      throw Failure(line: nil, text: "the file declares an internal DTD subset")
    case .parsed: break
    }
    guard let tree = Self.tree(of: bytes) else {
      throw Failure(line: nil, text: "no memory to parse it")
    }
    self = tree
  }

  private init(
    name: String,
    attributes: [Attribute],
    children: [XMLItem],
    text: String,
    line: Int
  ) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.text = text
    self.line = line
  }

  /// The tree of a file that has been found well-formed and free of declarations.
  ///
  /// Without declarations there are no entities but XML's own, so that replacing them reads no file.
  private static func tree(of bytes: [UInt8]) -> XMLItem? {
    let options =
      XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
      | XML_PARSE_NOENT.rawValue
    let document = unsafe bytes.withUnsafeBytes { buffer in
      unsafe xmlReadMemory(
        buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(buffer.count),
        nil,
        nil,
        Int32(options)
      )
    }
    guard let document = unsafe document else { return nil }
    defer { unsafe xmlFreeDoc(document) }
    guard let root = unsafe xmlDocGetRootElement(document) else { return nil }
    return unsafe item(root)
  }

  private static func item(_ node: xmlNodePtr) -> XMLItem {
    var attributes: [Attribute] = []
    var attribute = unsafe node.pointee.properties
    while let current = unsafe attribute {
      let value = unsafe current.pointee.children.map { unsafe text($0.pointee.content) } ?? ""
      let name = unsafe name(current.pointee.name, in: current.pointee.ns)
      attributes.append(Attribute(name: name, value: value))
      unsafe attribute = current.pointee.next
    }
    var children: [XMLItem] = []
    var content = ""
    var child = unsafe node.pointee.children
    while let current = unsafe child {
      switch unsafe current.pointee.type {
      case XML_ELEMENT_NODE: unsafe children.append(item(current))
      case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: unsafe content += text(current.pointee.content)
      default: break
      }
      unsafe child = current.pointee.next
    }
    return unsafe XMLItem(
      name: name(node.pointee.name, in: node.pointee.ns),
      attributes: attributes,
      children: children,
      text: trimmed(content),
      line: Int(xmlGetLineNo(node))
    )
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }

  private static func name(_ local: UnsafePointer<xmlChar>?, in space: xmlNsPtr?) -> String {
    let local = unsafe text(local)
    guard let space = unsafe space, let prefix = unsafe space.pointee.prefix else { return local }
    return unsafe text(prefix) + ":" + local
  }

  private static func text(_ characters: UnsafePointer<xmlChar>?) -> String {
    guard let characters = unsafe characters else { return "" }
    return unsafe String(cString: UnsafeRawPointer(characters).assumingMemoryBound(to: CChar.self))
  }
}
