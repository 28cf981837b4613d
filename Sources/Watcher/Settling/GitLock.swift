/// An `index.lock` that is there.
struct GitLock: Equatable, Sendable {
  /// Of the lock file, for people.
  let path: String
  let since: ContinuousClock.Instant
}
