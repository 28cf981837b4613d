import ProjectHost
import Sessions

/// What happens once when a session ends: its locks, its streams and its challenge go.
struct SessionEnds: Sendable {
  let project: any ServedProject
  let sessions: OpenSessions
  let challenges: DevelopmentChallenges
  let hooks: ServerHooks?
  let desks: LoopDesks

  /// Ends a session; its streams end too, unless an event that is on its way does that.
  func close(_ id: SessionID, endsStreams: Bool = true) async {
    if let session = sessions.close(id) { await ended(session, endsStreams: endsStreams) }
  }

  /// Ends the sessions whose time is over, again and again until cancelled.
  func watch() async {
    let interval = min(.seconds(5), sessions.limits.grace / 4)
    while !Task.isCancelled {
      for session in sessions.expire() { await ended(session) }
      // The event of the directory's change may have been overtaken by a session that was opening.
      await enforceProtection()
      // check:allow(sleep): the one timer of all sessions; a locked file waits this much longer.
      try? await Task.sleep(for: interval)
    }
  }

  /// Ends what was open to everybody, once the Designer has a password.
  func enforceProtection() async {
    guard project.designerHasPassword else { return }
    for session in sessions.sessions where session.proof == .none { await close(session.id) }
    desks.endAnonymousStreams()
  }

  private func ended(_ session: OpenSession, endsStreams: Bool = true) async {
    challenges.forget(session.id.text)
    if endsStreams { desks.endStreams(of: session.id) }
    await project.releaseLocks(of: session.id.text)
    await hooks?.closed(session.id)
    if let generation = session.generation { await project.unpin(generation.digest) }
  }
}
