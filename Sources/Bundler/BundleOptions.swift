package import ProjectModel

/// Which time every member carries.
package enum TimestampRule: String, Sendable, Hashable, Codable {
  /// 1980-01-01 00:00: the same bytes whenever and wherever the project is checked out.
  case constant
  /// The modification time of each file and folder, in UTC.
  case file
}

/// What of a build can be chosen; the same project and options give the same bytes.
package struct BundleOptions: Sendable, Hashable {
  package let profile: BundleProfile
  package let timestamps: TimestampRule

  package init(profile: BundleProfile = .full, timestamps: TimestampRule = .constant) {
    self.profile = profile
    self.timestamps = timestamps
  }
}
