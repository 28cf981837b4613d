internal import ProjectModel

extension Manifest {
  /// Reads a manifest's canonical text from anywhere; whatever is not canonical is refused.
  package init(decoding bytes: [UInt8]) throws(BundleError) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let header = lines.first, lines.count >= 2, lines[lines.count - 1].isEmpty else {
      throw BundleError(.notABundle, "this is no manifest")
    }
    guard let (profile, timestamps) = Self.read(header: header + [UInt8(ascii: "\n")]) else {
      throw BundleError(
        .notABundle,
        "this is no manifest, or one of another version of syncd"
      )
    }
    var members: [Member] = []
    members.reserveCapacity(lines.count - 2)
    for line in lines[1..<(lines.count - 1)] {
      members.append(try MemberLine.member(line + [UInt8(ascii: "\n")], line: members.count + 2))
    }
    try ManifestRules.check(members, timestamps: timestamps)
    // An archive does not say its profile: what is read from one must come to the same digest.
    guard profile == BundleProfile(of: members.lazy.map(\.path)) else {
      throw BundleError(
        .notCanonical,
        "the members are not those of the profile \(profile.rawValue)"
      )
    }
    self.init(profile: profile, timestamps: timestamps, members: members)
  }

  static func read(
    header: ArraySlice<UInt8>
  ) -> (profile: BundleProfile, timestamps: TimestampRule)? {
    for profile in BundleProfile.allCases {
      for timestamps in [TimestampRule.constant, .file]
      where Self.header(profile: profile, timestamps: timestamps).elementsEqual(header) {
        return (profile, timestamps)
      }
    }
    return nil
  }
}
