/// The texts of an application's keys, and how each is read.
struct ApplicationKeyValues {
  private struct Value {
    var texts: [String]
    let source: ApplicationKeySource
  }

  private static let mostBytes = 100
  /// RFC 1035 §2.3.4.
  private static let longestHost = 253

  private let file: String
  private var values: [ApplicationKey: Value] = [:]

  /// Reads the settings strictly: root `Preferences4D`, in it `BuildApp`, in that `CS`.
  ///
  /// - Parameters:
  ///   - settings: the file's bytes; `nil` where there is none.
  ///   - file: what it is called in a sentence.
  /// - Throws: `ApplicationKeyFailure`.
  init(_ settings: [UInt8]?, of file: String) throws(ApplicationKeyFailure) {
    self.file = file
    guard let settings else { return }
    let root: XMLItem
    do throws(XMLItem.Failure) { root = try XMLItem(reading: settings) } catch {
      let line = error.line.map { ":\($0)" } ?? ""
      throw ApplicationKeyFailure(
        "\(file)\(line): the settings cannot be read: \(error.text). Put them right in 4D's build "
          + "dialog, or name another file with --settings."
      )
    }
    guard root.name == "Preferences4D", let application = root.descendant("BuildApp") else {
      throw ApplicationKeyFailure(
        "\(file): this is no file of 4D's application builder: it has no Preferences4D/BuildApp."
      )
    }
    for key in ApplicationKey.allCases {
      let places = [
        application.descendant("CS", key.rawValue), application.descendant(key.rawValue),
      ]
      guard let item = places.compactMap(\.self).first else { continue }
      let rows = item.children.filter { $0.name.hasPrefix("Item") && $0.name != "ItemsCount" }
      values[key] = Value(
        texts: rows.isEmpty ? [item.text] : rows.map(\.text),
        source: .settings(file: file, line: item.line)
      )
    }
  }

  /// Lays `Key=Value` over what was read.
  mutating func take(_ override: String) throws(ApplicationKeyFailure) {
    guard let sign = override.firstIndex(of: "=") else {
      throw ApplicationKeyFailure(
        "--set takes KEY=VALUE; '\(override)' has no '='.",
        isUsage: true
      )
    }
    let name = String(override[..<sign])
    guard let key = ApplicationKey(rawValue: name) else {
      let known = ApplicationKey.allCases.map(\.rawValue).joined(separator: ", ")
      throw ApplicationKeyFailure(
        "--set does not know '\(name)'; it knows \(known).",
        isUsage: true
      )
    }
    let text = String(override[override.index(after: sign)...])
    values[key] = Value(texts: [text], source: .commandLine)
  }

  private func value(_ key: ApplicationKey) -> (text: String, source: ApplicationKeySource)? {
    guard let value = values[key], let text = value.texts.first, !text.isEmpty else { return nil }
    return (text, value.source)
  }

  /// A value without the space around it, as the file's own are read.
  private func word(_ key: ApplicationKey) -> (text: String, source: ApplicationKeySource)? {
    value(key).map { (Self.trimmed($0.text), $0.source) }
  }

  func list(_ key: ApplicationKey) throws(ApplicationKeyFailure) -> [String] {
    (values[key]?.texts ?? []).filter { !$0.isEmpty }
  }

  /// A text of one line, without the space around it.
  func text(_ key: ApplicationKey) throws(ApplicationKeyFailure) -> String? {
    guard let (whole, source) = value(key) else { return nil }
    let text = Self.trimmed(whole)
    guard !text.isEmpty else {
      throw ApplicationKeyFailure(key, source, "is blank; write a value, or leave the key out")
    }
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw ApplicationKeyFailure(key, source, "holds a control character; write one plain line")
    }
    return text
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }

  /// What a server is published as: it goes over the network, and a link takes `^` for its own.
  func publishName(_ project: String) throws(ApplicationKeyFailure) -> String {
    let name = try text(.publishName) ?? project
    guard name.utf8.count <= Self.mostBytes, name.first != "^" else {
      throw ApplicationKeyFailure(
        .publishName,
        value(.publishName)?.source ?? .settings(file: file, line: nil),
        "is '\(name)'; it takes up to \(Self.mostBytes) bytes and no ^ in front"
      )
    }
    return name
  }

  func flag(_ key: ApplicationKey) throws(ApplicationKeyFailure) -> Bool {
    guard let (text, source) = word(key) else { return false }
    switch text.lowercased() {
    case "true": return true
    case "false": return false
    default: throw ApplicationKeyFailure(key, source, "is '\(text)'; it takes True or False")
    }
  }

  /// A name that is a folder's on every system.
  func fileName(_ key: ApplicationKey) throws(ApplicationKeyFailure) -> String? {
    guard let (text, source) = value(key) else { return nil }
    guard Self.isFileName(text) else {
      throw ApplicationKeyFailure(
        key,
        source,
        "is '\(text)', which is no folder's name everywhere; it takes up to \(Self.mostBytes) bytes, "
          + "none of / \\ : * ? \" < > | ' ` $ % @, no dot, hyphen or space in front and no dot or "
          + "space at the end"
      )
    }
    return text
  }

  /// Whether a text names a file or folder on every system, and in a script without escapes.
  static func isFileName(_ text: String) -> Bool {
    let forbidden = Set("/\\:*?\"<>|'`$%@".unicodeScalars)
    guard let first = text.first, let last = text.last, text.utf8.count <= mostBytes else {
      return false
    }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar.value >= 0x20 && scalar.value != 0x7F && !forbidden.contains(scalar)
    } && !".- ".contains(first) && !". ".contains(last)
  }

  func host() throws(ApplicationKeyFailure) -> String? {
    guard let (text, source) = word(.host) else { return nil }
    let isName = text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        ? scalar.properties.isAlphabetic || "0123456789-._".unicodeScalars.contains(scalar)
        : scalar.properties.isAlphabetic && scalar.properties.numericType == nil
    }
    // Brackets and a zone, which belong to one machine alone, are no part of an address here.
    let isAddress = IPAddress(text) != nil && !text.contains { "[]%".contains($0) }
    guard !text.isEmpty, text.utf8.count <= Self.longestHost, text.first != "-",
      isName || isAddress
    else {
      throw ApplicationKeyFailure(
        .host,
        source,
        "is '\(text)', which is no host; write its name or address, without brackets or zone, and "
          + "the port as \(ApplicationKey.port.rawValue)"
      )
    }
    return text
  }

  func port() throws(ApplicationKeyFailure) -> Int? {
    guard let (text, source) = word(.port) else { return nil }
    guard let port = PortNumber.read(text) else {
      throw ApplicationKeyFailure(.port, source, "is '\(text)'; it takes 1 to 65535")
    }
    return port
  }

  /// The current version is 1 when missing; the range then reaches from 1 to the current one.
  func versions() throws(ApplicationKeyFailure) -> ClientVersions {
    let current = try version(.currentVersion) ?? 1
    let minimum = try version(.lowestVersion) ?? 1
    let maximum = try version(.highestVersion) ?? current
    guard let versions = ClientVersions(current: current, minimum: minimum, maximum: maximum)
    else {
      let source = [ApplicationKey.lowestVersion, .highestVersion, .currentVersion]
        .lazy.compactMap { value($0)?.source }.first
      throw ApplicationKeyFailure(
        "\(source?.place ?? file): the versions are upside down: "
          + "RangeVersMin \(minimum), CurrentVers \(current), RangeVersMax \(maximum) must rise in "
          + "this order.",
        isUsage: source == .commandLine
      )
    }
    return versions
  }

  private func version(_ key: ApplicationKey) throws(ApplicationKeyFailure) -> Int? {
    guard let (text, source) = word(key) else { return nil }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int32(text),
      number >= 1
    else {
      throw ApplicationKeyFailure(
        key,
        source,
        "is '\(text)'; it takes a whole number from 1 to \(Int32.max)"
      )
    }
    return Int(number)
  }
}
