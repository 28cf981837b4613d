internal import ProjectModel

/// Where the members of a new bundle come from, for those who have an old one: both sides work
/// this out from the two manifests, so none of it is sent.
struct DeltaPlan {
  /// Where the packed bytes of a member are that the old bundle has not at its place.
  enum Origin: Equatable {
    /// It has none.
    case nothing
    /// In the old bundle, at that index: a renamed file, or one with another time.
    case old(Int)
    /// In the new bundle, at that index before it.
    case earlier(Int)
    case sent
  }

  enum Step {
    /// Members of the old manifest, by their indices there.
    case same(Range<Int>)
    /// The member at that index of the new manifest.
    case fresh(Int, Origin)
  }

  private(set) var steps: [Step] = []

  init(from old: Manifest, to new: Manifest) {
    let runs = RunPlan(from: old.members, to: new.members).runs
    var wanted: Set<Digest> = []
    for case .fresh(let range) in runs {
      for member in new.members[range] where member.packedSize > 0 { wanted.insert(member.packed) }
    }
    let known = old.indices(ofPacked: wanted)
    var earlier: [Digest: Int] = [:]
    for run in runs {
      switch run {
      case .same(let range): steps.append(.same(range))
      case .fresh(let range):
        for index in range {
          let member = new.members[index]
          let origin: Origin
          if member.packedSize == 0 {
            origin = .nothing
          } else if let place = known[member.packed] {
            origin = .old(place)
          } else if let place = earlier[member.packed] {
            origin = .earlier(place)
          } else {
            earlier[member.packed] = index
            origin = .sent
          }
          steps.append(.fresh(index, origin))
        }
      }
    }
  }

  /// The indices of the members whose packed bytes are sent, in order.
  var sent: [Int] {
    steps.compactMap { step in
      guard case .fresh(let index, .sent) = step else { return nil }
      return index
    }
  }
}

extension Manifest {
  /// The first member of each of these packed digests, by its index.
  func indices(ofPacked wanted: Set<Digest>) -> [Digest: Int] {
    var found: [Digest: Int] = [:]
    guard !wanted.isEmpty else { return found }
    for (index, member) in members.enumerated()
    where wanted.contains(member.packed) && found[member.packed] == nil {
      found[member.packed] = index
    }
    return found
  }
}
