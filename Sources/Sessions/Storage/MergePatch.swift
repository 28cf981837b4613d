package import ProjectModel

extension JSONValue {
  /// The value after a merge patch: members of the patch replace those of the value, `null` takes
  /// one away, anything but an object replaces the whole (RFC 7396).
  package func merged(with patch: JSONValue) -> JSONValue {
    guard let changes = patch.object else { return patch }
    return .object((object ?? JSONObject()).merged(with: changes))
  }
}

extension JSONObject {
  /// The object after a merge patch that is an object.
  package func merged(with patch: JSONObject) -> JSONObject {
    var result = self
    for change in patch.members {
      if case .null = change.value {
        result[change.key] = nil
      } else {
        result[change.key] = (result[change.key] ?? .null).merged(with: change.value)
      }
    }
    return result
  }
}
