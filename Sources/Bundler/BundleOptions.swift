/// Which time every member carries.
package enum TimestampRule: String, Sendable, Hashable, Codable {
  /// 1980-01-01 00:00: the same bytes whenever and wherever the project is checked out.
  case constant
  /// The modification time of each file and folder, in UTC.
  case file
}

/// What a bundle is for.
package enum BundleProfile: String, Sendable, Hashable, Codable {
  /// The whole project, as remote clients in development and 4D's own reload need it.
  case full
}

/// What of a build can be chosen; the same project and options give the same bytes.
package struct BundleOptions: Sendable, Hashable {
  package let timestamps: TimestampRule

  package init(timestamps: TimestampRule = .constant) {
    self.timestamps = timestamps
  }
}
