/// Reads events, looks at what they name and posts what it finds: the work of the watching thread,
/// which alone may touch it.
///
/// Events only say where to look. Names are looked up in folders whose identity was checked, so
/// that a path that meanwhile leads elsewhere is never believed; a folder that appears is watched
/// first and listed then; and what cannot be decided is looked at again before a barrier that
/// waits for it is answered.
final class Pump {
  typealias Instant = ContinuousClock.Instant

  /// The most events that are read before they are looked into.
  private static let longestDrain = 16_384
  private static let retryInterval: Duration = .milliseconds(50)
  private static let longestChase = 100

  let root: String
  let cookies: CookieJar
  let filter: any WatchFilter
  let settings: WatchSettings
  let board: Board

  let library: InotifyLibrary
  var rootHandle: DirectoryHandle
  let rootNode: DirectoryNode
  var isRootMissing = false
  /// The root's own watch ended, or its path was in doubt.
  var isRootDoubtful = false
  var owners: [CInt: [WatchOwner]] = [:]
  /// Watches of folders that have left the tree, which the kernel may have ended already.
  var orphans: Set<CInt> = []
  /// Watches that were removed and whose last event is still to come.
  var removed: Set<CInt> = []
  var index = InodeIndex()
  var gitFolders: [GitFolder] = []

  /// What events ask for; belongs to the next round.
  var dirty = DirtyNames()
  /// What looking itself asks for; belongs to this round.
  var followUps = DirtyNames()
  /// What could not be looked at for want of descriptors or memory.
  var postponed = DirtyNames()
  var seenCookies: [UInt64] = []
  var rebuildReason: RescanReason?
  /// First halves of renames, by cookie.
  var departures: [UInt32: Departure] = [:]
  /// Names of this round that were written to unseen; valid until the queue has been empty.
  var young: Set<NameKey> = []

  var isReporting = false
  var found: [FoundChange] = []
  /// Folders that were listed again although they stayed.
  var relisted: [RawPath] = []
  var unwatched: [ObjectIdentifier: DirectoryNode] = [:]
  var hasHardLinks = false
  /// Set when somebody may have written through a name that nobody saw.
  var verifyFrom: Instant?
  var verifyCost: Duration = .zero
  var pollsAll: Bool
  var nextPoll: Instant?
  let hasCoarseTimes: Bool

  var report = WatcherReport()
  /// By what they are about.
  var warnings: [String: String] = [:]

  init(
    root: String,
    cookies: CookieJar,
    filter: any WatchFilter,
    settings: WatchSettings,
    board: Board
  ) throws(WatcherError) {
    self.root = root
    self.filter = filter
    self.settings = settings
    self.board = board
    self.cookies = cookies
    do throws(SystemError) {
      rootHandle = try DirectoryHandle.open(path: root, for: .lookUp)
      rootNode = DirectoryNode(
        name: .root,
        parent: nil,
        identity: try rootHandle.status().identity
      )
    } catch {
      throw WatcherError(.rootUnavailable, "\(root) cannot be opened: \(error.text).")
    }
    let fileSystem = FileSystemType(of: rootHandle)
    hasCoarseTimes = fileSystem.hasCoarseTimes
    pollsAll = settings.alwaysPolls || fileSystem.isRemote
    library = try InotifyLibrary()
    report.directories = 1
    if fileSystem.isRemote {
      warnings["polling"] =
        "\(root) is on a network file system, which does not report all changes; it is looked at "
        + "every \(settings.pollInterval). Use a folder on a local disk."
    }
  }

  /// Reads the tree for the first time and then serves until the board says stop.
  func run() throws(WatcherError) {
    try cookies.prepare()
    try watchCookies()
    try cookies.test(with: library)
    findGitAbove()
    scan([rootNode], deep: true)
    isReporting = true
    relisted = []
    drain()
    round(isFirst: true)
    while !board.read({ $0.isStopping }) {
      settings.gate?.pass()
      if isIdle { _ = takeEvent(waiting: true) }
      drain()
      round()
    }
  }

  /// Whether only an event can bring work.
  ///
  /// Who cannot make a cookie cannot wake this thread either
  /// while the folder of the cookies is gone.
  private var isIdle: Bool {
    dirty.isEmpty && seenCookies.isEmpty && rebuildReason == nil
      && board.read { $0.rescanBarriers.isEmpty }
  }

  /// Takes one event; false when there is none.
  func takeEvent(waiting: Bool) -> Bool {
    do {
      guard let event = try library.nextEvent(waiting: waiting) else { return false }
      handle(event)
      return true
    } catch {
      rebuildReason = .libraryFailed
      return false
    }
  }

  /// Reads what is there.
  func drain() {
    var count = 0
    while count < Self.longestDrain, takeEvent(waiting: false) { count += 1 }
    report.queueHighWater = max(report.queueHighWater, count)
    if count < Self.longestDrain { forgetUnseenWrites() }
  }

  /// Looks at everything that the events read so far ask for, and posts what it finds.
  private func round(isFirst: Bool = false) {
    var reached = seenCookies
    seenCookies = []
    let rescans = board.read { state in
      defer { state.rescanBarriers = [] }
      return state.rescanBarriers
    }
    checkRoot()
    while let reason = rebuildReason, !board.read({ $0.isStopping }) {
      rebuildReason = nil
      rebuild(reason)
      // The cookies that are there were made before the tree was read.
      reached = Array(Set(reached + seenCookies))
      seenCookies = []
    }
    lookAgain(isUrgent: !reached.isEmpty, isAsked: !rescans.isEmpty)
    process(dirty.take())
    chase()
    drainOrphans()
    if library.deadRecords > settings.libraryRecordLimit {
      rebuildReason = rebuildReason ?? .libraryRecords
    }
    reached += rescans
    if !postponed.isEmpty || isRootDoubtful {
      // Nothing may be promised as long as something has not been looked at.
      seenCookies += reached
      reached = []
    }
    publish(reached, isFirst: isFirst)
  }

  /// Follows up what looking left in doubt.
  private func chase() {
    var passes = 0
    while !followUps.isEmpty {
      let work = followUps.take()
      passes += 1
      if passes < Self.longestChase {
        process(work)
      } else {
        for folder in work {
          for (name, events) in folder.names { postponed.insert(events, folder.node, name) }
        }
      }
    }
  }

  /// Looks again at what has to be looked at although no event said so.
  private func lookAgain(isUrgent: Bool, isAsked: Bool) {
    for folder in postponed.take() {
      for (name, events) in folder.names { followUps.insert(events, folder.node, name) }
    }
    guard !isRootMissing else { return }
    let now = Instant.now
    if isRootDoubtful {
      isRootDoubtful = false
      scan([rootNode], deep: true)
    }
    if isAsked { verify(.noCookie) }
    if let due = verifyFrom, isUrgent || due <= now { verify(.hardLinks) }
    if let due = nextPoll, due <= now {
      nextPoll = nil
      if pollsAll { verify(.polling) } else { scan(Array(unwatched.values), deep: false) }
    }
    if nextPoll == nil, pollsAll || !unwatched.isEmpty { nextPoll = now + settings.pollInterval }
  }

  func publish(_ reached: [UInt64], isFirst: Bool) {
    report.watches = owners.count
    report.mode = pollsAll || !unwatched.isEmpty ? .polling : .events
    describeLimit()
    report.warnings = warnings.sorted { $0.key < $1.key }.map(\.value)
    var round = RoundResult(
      found: found,
      relisted: relisted,
      reachedBarriers: reached,
      locks: gitFolders.compactMap(\.lock),
      wakeAt: wakeTime(),
      report: report
    )
    found = []
    relisted = []
    for serial in reached { cookies.remove(serial) }
    round.isFirst = isFirst
    for serial in board.publish(round) where !cookies.make(serial) {
      board.read { $0.rescanBarriers.append(serial) }
      cookies.wake()
    }
  }

  private func wakeTime() -> Instant? {
    var times = [nextPoll, verifyFrom].compactMap(\.self)
    if isRootMissing { times.append(.now + settings.missingRootInterval) }
    if !postponed.isEmpty || isRootDoubtful { times.append(.now + Self.retryInterval) }
    return times.min()
  }
}
