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
    let names = endpoint.path.split(separator: "/").map { name in
      name.hasPrefix(":") ? "{\(name.dropFirst())}" : String(name)
    }
    path = "/" + names.joined(separator: "/")
    methods = endpoint.methodNames
    access = endpoint.access.rawValue
  }
}
