/// The keys of `directory.json` in 4D's order (4d-domain §6.2).
enum DirectoryKeys {
  static let sections = ["users", "groups", "sqlSchemaGranters", "remoteGranters", "settings"]
  static let user = ["startupMethod", "password", "alias"]
  static let group = ["users", "groups"]
  static let remoteGranters = ["web", "soap", "oci", "write", "view", "odbcPro"]
  static let sqlRights = ["readOnlyAccessGroup", "readWriteAccessGroup", "allAccessGroup"]
  static let defaultSchema = "DEFAULT_SCHEMA"
  static let settings = [
    "localGenericWebUser", "designAccessGroup", "localMobileAccessGroupRW",
    "remoteMobileAccessGroupRW", "remoteGenericWebUser", "remoteDefaultUser",
  ]
  static let userSettings = ["localGenericWebUser", "remoteGenericWebUser", "remoteDefaultUser"]
  static let groupSettings = settings.filter { !userSettings.contains($0) }

  /// A key in 4D's present spelling; one that 4D does not know stays as it is.
  static func usual(_ key: String, among known: [String]) -> String {
    known.first { JSONText.isSameKey($0, key) } ?? key
  }
}
