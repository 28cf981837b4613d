import HTTPTypes

/// A resource as the router has it, for who holds a description of the API against the server.
package struct ServedResource: Hashable, Sendable {
  /// With its parameters as `{name}`.
  package let path: String
  /// Sorted.
  package let methods: [String]
  /// The word for who may use it.
  package let access: String

  init(_ endpoint: Endpoint) {
    path = Self.name(of: endpoint.path)
    methods = endpoint.methodNames
    access = endpoint.access.rawValue
  }

  /// A router's path as the documents have it.
  static func name(of path: String) -> String {
    let names = path.split(separator: "/").map { name in
      name.hasPrefix(":") ? "{\(name.dropFirst())}" : String(name)
    }
    return "/" + names.joined(separator: "/")
  }
}
