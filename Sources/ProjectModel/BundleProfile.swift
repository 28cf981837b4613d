/// What a bundle is for, and so what of a project goes into it.
package enum BundleProfile: String, Sendable, Hashable, Codable, CaseIterable {
  /// The whole project, as remote clients in development and 4D's own reload need it.
  case full
  /// The compiled project, as 4D's builders ship it: compiled code takes the place of the sources
  /// (4d-domain §2.2).
  case compiled

  /// The profile that members with these paths belong to: derived data is in compiled bundles alone.
  package init(of paths: some Sequence<ProjectPath>) {
    self = paths.contains { $0.isInside(ProjectLayout.derivedData) } ? .compiled : .full
  }
}
