package import Foundation

/// JSON as it goes over the wire: UTF-8, one line, keys in alphabetical order.
package enum WireJSON {
  package static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  package static func decode<Value: Decodable>(
    _ type: Value.Type,
    from bytes: some Collection<UInt8>
  ) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes))
  }
}

extension ServerEvent {
  /// The `data:` field: one line of JSON.
  package func encodedData() throws -> Data {
    switch self {
    case .ready(let value): try WireJSON.encode(value)
    case .reconnectRequired(let value): try WireJSON.encode(value)
    case .build(let value): try WireJSON.encode(value)
    case .catalog(let value), .directory(let value): try WireJSON.encode(value)
    case .bookmark: Data("{}".utf8)
    case .drain(let value): try WireJSON.encode(value)
    case .reset(let value): try WireJSON.encode(value)
    case .message(let value): try WireJSON.encode(value)
    case .session(let value): try WireJSON.encode(value)
    case .storage(let value), .privileges(let value): try WireJSON.encode(value)
    }
  }

  /// Reads an event by its name; `nil` for a name that this version does not know.
  ///
  /// - Throws: `DecodingError` when the data does not fit the name.
  package init?(name: String, data: some Collection<UInt8>) throws {
    switch name {
    case "ready": self = .ready(try WireJSON.decode(Ready.self, from: data))
    case "reconnect-required":
      self = .reconnectRequired(try WireJSON.decode(ReconnectRequired.self, from: data))
    case "build": self = .build(try WireJSON.decode(BuildState.self, from: data))
    case "catalog": self = .catalog(try WireJSON.decode(RevisionChange.self, from: data))
    case "directory": self = .directory(try WireJSON.decode(RevisionChange.self, from: data))
    case "bookmark": self = .bookmark
    case "drain": self = .drain(try WireJSON.decode(Drain.self, from: data))
    case "reset": self = .reset(try WireJSON.decode(Reset.self, from: data))
    case "message": self = .message(try WireJSON.decode(OperatorMessage.self, from: data))
    case "session": self = .session(try WireJSON.decode(SessionEnded.self, from: data))
    case "storage": self = .storage(try WireJSON.decode(SessionChange.self, from: data))
    case "privileges": self = .privileges(try WireJSON.decode(SessionChange.self, from: data))
    default: return nil
    }
  }
}
