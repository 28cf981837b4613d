internal import ProjectModel

/// The way from one manifest to another, as text: the new one's header line, then `=N` keeps the
/// next N members of the old one, `-N` leaves them out, `+` and a member's line puts it in.
enum ManifestEdits {
  /// More text than this is no delta any more; both sides hold it in memory.
  static let largest = 64 << 20

  static func text(from old: Manifest, to new: Manifest) -> [UInt8] {
    var text = Manifest.header(profile: new.profile, timestamps: new.timestamps)
    var place = 0
    func put(_ sign: Character, _ count: Int) {
      guard count > 0, let sign = sign.asciiValue else { return }
      text.append(sign)
      MemberLine.append(decimal: UInt64(count), to: &text)
      text.append(lineFeed)
    }
    for run in RunPlan(from: old.members, to: new.members).runs {
      switch run {
      case .same(let range):
        put("-", range.lowerBound - place)
        put("=", range.count)
        place = range.upperBound
      case .fresh(let range):
        for member in new.members[range] {
          text.append(plus)
          text += MemberLine.bytes(of: member)
        }
      }
    }
    put("-", old.members.count - place)
    return text
  }

  /// The manifest that `text` makes of an old one: members that stay are the same objects.
  ///
  /// New members are held against the rules; those that stay were when the old manifest was made.
  /// What has the digest `known` was in order when it was made, and is not looked at again.
  static func applied(
    _ text: [UInt8],
    to old: Manifest,
    known: Digest? = nil
  ) throws(BundleError) -> Manifest {
    var lines = Lines(text)
    guard let header = lines.next(), let (profile, timestamps) = Manifest.read(header: header)
    else { throw malformed }
    var members: [Member] = []
    var place = 0
    var number = 1
    while let line = lines.next() {
      number += 1
      if line.first == plus {
        let member = try MemberLine.member(line.dropFirst(), line: number)
        try ManifestRules.check(member, timestamps: timestamps)
        members.append(member)
        continue
      }
      guard let count = MemberLine.decimal(line.dropFirst().dropLast()), count > 0,
        count <= UInt64(old.members.count - place)
      else { throw malformed }
      switch line.first {
      case UInt8(ascii: "="): members += old.members[place..<(place + Int(count))]
      case UInt8(ascii: "-"): break
      default: throw malformed
      }
      place += Int(count)
    }
    guard lines.isAtEnd, place == old.members.count else { throw malformed }
    if timestamps != old.timestamps { try ManifestRules.check(members, timestamps: timestamps) }
    let manifest = Manifest(profile: profile, timestamps: timestamps, members: members)
    if manifest.digest != known { try ManifestRules.checkOrder(of: members) }
    return manifest
  }

  private static let plus = UInt8(ascii: "+")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let malformed = BundleError(
    .damaged,
    "the edits of the manifest do not fit the bundle at hand",
    remedy: "get the whole bundle"
  )

  /// Lines with their LF; what has none at the end is not given out.
  private struct Lines {
    private var rest: ArraySlice<UInt8>

    init(_ text: [UInt8]) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() -> ArraySlice<UInt8>? {
      guard let end = rest.firstIndex(of: lineFeed) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return rest[...end]
    }
  }
}
