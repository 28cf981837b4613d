/// One thing that the watching thread found out.
struct FoundChange {
  let path: RawPath
  let kind: Change.Kind
  let evidence: WriteEvidence
  /// The path was not known to be there before it was found gone.
  ///
  /// It matters only to a consumer that has lately looked at the path for another reason.
  let isUnknown: Bool

  init(
    _ path: RawPath,
    _ kind: Change.Kind,
    evidence: WriteEvidence = .none,
    isUnknown: Bool = false
  ) {
    self.path = path
    self.kind = kind
    self.evidence = evidence
    self.isUnknown = isUnknown
  }
}
