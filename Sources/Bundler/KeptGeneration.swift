internal import ProjectModel

/// A generation that the store keeps, in one of its two forms.
struct KeptGeneration: Sendable {
  enum Form: Sendable {
    case whole(BundleFile)
    case past(PastGeneration)
  }

  let form: Form
  /// What it takes on the disk, the manifest's text included.
  let size: UInt64

  init(form: Form) {
    self.form = form
    switch form {
    case .whole(let bundle):
      size = bundle.manifest.members.reduce(bundle.size) { $0 + UInt64($1.lineSize) }
    case .past(let past): size = past.size
    }
  }

  var manifest: Manifest {
    switch form {
    case .whole(let bundle): bundle.manifest
    case .past(let past): past.manifest
    }
  }

  var digest: Digest { manifest.digest }

  var bundle: BundleFile? {
    guard case .whole(let bundle) = form else { return nil }
    return bundle
  }

  /// The generation that this one cannot do without.
  var base: Digest? {
    guard case .past(let past) = form else { return nil }
    return past.base
  }

  /// When it was published, in nanoseconds since 1970.
  var published: Int64 {
    switch form {
    case .whole(let bundle): bundle.descriptor.signature.modified
    case .past(let past): past.published
    }
  }
}
