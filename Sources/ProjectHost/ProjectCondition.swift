package import ProjectModel
package import SyncProtocol

/// How an open project is doing: what status and metrics show.
package struct ProjectCondition: Sendable {
  package let state: ProjectStatus.State
  package let generation: GenerationRecord?
  package let problems: [Problem]
  package let watching: ProjectStatus.Watching
  /// Reloads that published, that found nothing new, and that failed, since the start.
  package let published: Int
  package let unchanged: Int
  package let failed: Int
  /// Seconds that the last reload took, from its beginning to its result.
  package let lastReloadSeconds: Double

  package init(
    state: ProjectStatus.State,
    generation: GenerationRecord?,
    problems: [Problem],
    watching: ProjectStatus.Watching,
    published: Int,
    unchanged: Int,
    failed: Int,
    lastReloadSeconds: Double
  ) {
    self.state = state
    self.generation = generation
    self.problems = problems
    self.watching = watching
    self.published = published
    self.unchanged = unchanged
    self.failed = failed
    self.lastReloadSeconds = lastReloadSeconds
  }
}
