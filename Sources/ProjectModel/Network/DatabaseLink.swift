/// A `.4DLink`: where a project is and how it is opened (4d-domain §7.5).
///
/// The file's own attributes are the truth, in their order; what this version does not know is kept.
package struct DatabaseLink: Hashable, Sendable {
  /// Why a link cannot be read, written or used.
  package struct Failure: Error, Hashable, Sendable {
    /// Counted from 1.
    package let line: Int?
    package let text: String
  }

  package struct Item: Hashable, Sendable {
    package let name: String
    package let value: String
  }

  /// What a link leads to.
  package enum Destination: Hashable, Sendable {
    /// A project on this machine, opened without a server.
    case local
    /// A server to be found by its publication name; the port when it is not the usual one.
    case named(String, port: Int?)
    /// A server's address as it is written: `host` or `host:port`.
    case address(String, name: String?)
  }

  static let root = "database_shortcut"
  private static let usualPort = 19813

  /// In the order of the file.
  package private(set) var items: [Item]

  /// Reads a file strictly.
  ///
  /// - Throws: `Failure` for what is not XML, another root element, or a value that the attribute
  ///   does not take.
  package init(reading bytes: [UInt8]) throws(Failure) {
    let root: XMLItem
    do throws(XMLItem.Failure) { root = try XMLItem(reading: bytes) } catch {
      throw Failure(line: error.line, text: "it is not XML: \(error.text)")
    }
    guard root.name == Self.root else {
      throw Failure(line: root.line, text: "its root element is '\(root.name)', not '\(Self.root)'")
    }
    items = root.attributes.map { Item(name: $0.name, value: $0.value) }
    for item in items {
      guard let attribute = Attribute(rawValue: item.name) else { continue }
      guard attribute.kind.takes(item.value) else {
        throw Failure(
          line: root.line,
          text: "\(item.name) is '\(item.value)'; it takes \(attribute.kind.wanted)"
        )
      }
    }
  }

  /// Makes the minimal link to a server.
  ///
  /// - Parameters:
  ///   - name: the publication name, which 4D wants even beside an address.
  ///   - path: `host`, `host:port`, or `:port` to find the server by its name.
  ///   - cacheFolder: the client's folder for what it fetches; its own choice when left out.
  /// - Throws: `Failure` when the name or the path is empty or holds what XML cannot.
  package init(
    server name: String,
    at path: String,
    cacheFolder: String? = nil
  ) throws(Failure) {
    guard !name.isEmpty, !path.isEmpty else {
      throw Failure(line: nil, text: "a link needs a server's name and its address")
    }
    guard (name + path + (cacheFolder ?? "")).unicodeScalars.allSatisfy(Self.fitsXML) else {
      throw Failure(line: nil, text: "the name holds a character that XML cannot hold")
    }
    items = [
      Item(name: Attribute.isRemote.rawValue, value: "true"),
      Item(name: Attribute.serverDatabaseName.rawValue, value: name),
      Item(name: Attribute.serverPath.rawValue, value: path),
    ]
    if let cacheFolder {
      items.append(Item(name: Attribute.cacheFolderName.rawValue, value: cacheFolder))
    }
  }

  package subscript(_ attribute: Attribute) -> String? {
    items.first { $0.name == attribute.rawValue }?.value
  }

  /// Whether a yes-or-no attribute says yes; an absent one says no.
  package func isTrue(_ attribute: Attribute) -> Bool { self[attribute] == "true" }

  /// The attributes that this version does not know.
  package var unknownItems: [Item] { items.filter { Attribute(rawValue: $0.name) == nil } }

  /// Where the link leads; `":19813"` alone means to find the server by its name.
  ///
  /// - Throws: `Failure` when a remote link has neither an address nor a name, or no usable port.
  package func destination() throws(Failure) -> Destination {
    guard isTrue(.isRemote) else { return .local }
    let name = self[.serverDatabaseName].flatMap { $0.isEmpty ? nil : $0 }
    // The mark of old encrypted connections says nothing about where the server is.
    let path = (self[.serverPath] ?? "").drop { $0 == "^" }
    let isPort = path.hasPrefix(":") && IPAddress(String(path)) == nil
    guard path.isEmpty || isPort else { return .address(String(path), name: name) }
    guard let name else {
      throw Failure(line: nil, text: "it names neither a server's address nor its name")
    }
    guard !path.isEmpty else { return .named(name, port: nil) }
    guard let port = PortNumber.read(path.dropFirst()) else {
      throw Failure(line: nil, text: "server_path is '\(path)', which is no port")
    }
    return .named(name, port: port == Self.usualPort ? nil : port)
  }

  /// The file's text: all attributes, in their order.
  package var text: String {
    let attributes = items.map { " \($0.name)=\"\(Self.escaped($0.value))\"" }.joined()
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<\(Self.root)\(attributes)/>\n"
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      // Unescaped, a reader makes spaces of them.
      case "\t", "\n", "\r": text += "&#\(scalar.value);"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func fitsXML(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x1_0000...: true
    default: false
    }
  }
}
