import Glibc

extension Pump {
  /// Looks whether the root's path still leads to the folder that is watched.
  func checkRoot() {
    guard let now = try? DirectoryHandle.open(path: root, for: .lookUp),
      let identity = try? now.status().identity
    else { return loseRoot() }
    guard isRootMissing || identity != rootNode.identity else { return }
    rebuildReason = isRootMissing ? .rootReturned : .rootReplaced
    abandonWatch(of: rootNode)
    rootHandle = now
    rootNode.identity = identity
  }

  /// The root is gone.
  ///
  /// That must not look as if somebody had deleted every file.
  private func loseRoot() {
    guard !isRootMissing else { return }
    isRootMissing = true
    rebuildReason = nil
    isReporting = false
    for folder in rootNode.directories.values { drop(folder, path: folder.name) }
    for name in rootNode.files.keys {
      noteAbsence(at: Place(node: rootNode, name: name, path: name), [])
    }
    abandonWatch(of: rootNode)
    isReporting = true
    post(FoundChange(.root, .subtreeInDoubt))
    warnings["root"] = "\(root) is missing; it is watched again as soon as it is back."
  }

  /// Starts the library afresh and compares the whole tree with what was known of it.
  func rebuild(_ reason: RescanReason) {
    report.rescans[reason, default: 0] += 1
    // What has been asked for by now is answered by reading the tree, whatever became of its cookie.
    let asked = board.read { state in state.barriers.filter(\.value.isMarked).map(\.key) }
    guard restartLibrary() else { return }
    seenCookies += asked
    let wasMissing = isRootMissing
    isRootMissing = false
    warnings["root"] = nil
    isReporting = !wasMissing
    findGitAbove()
    scan([rootNode], deep: true)
    isReporting = true
    if wasMissing {
      post(FoundChange(.root, .subtreeInDoubt))
    } else {
      relisted.append(.root)
    }
  }

  /// Compares the whole tree with what is known of it.
  func verify(_ reason: RescanReason) {
    let start = Instant.now
    verifyFrom = nil
    report.rescans[reason, default: 0] += 1
    if reason == .polling { relisted.append(.root) }
    scan([rootNode], deep: true)
    verifyCost = start.duration(to: .now)
  }

  private func restartLibrary() -> Bool {
    forgetWatches()
    while true {
      do {
        try library.restart()
        cookies.make()
        try watchCookies()
        warnings["library"] = nil
        return true
      } catch {
        // Others may have used up what the old instance gave back; going on without is worse.
        warnings["library"] = error.description
        if board.read({ $0.isStopping }) { return false }
        publish([], isFirst: false)
        _ = poll(nil, 0, 100)
      }
    }
  }

  private func forgetWatches() {
    owners = [:]
    orphans = []
    removed = []
    gitFolders = []
    dirty = DirtyNames()
    followUps = DirtyNames()
    postponed = DirtyNames()
    departures = [:]
    young = []
    unwatched = [:]
    verifyFrom = nil
    var rest = [rootNode]
    while let node = rest.popLast() {
      node.watch = nil
      node.coverage = .unwatched
      rest += node.directories.values
    }
  }

  /// Watches the cookie folder and takes note of the cookies that are in it.
  func watchCookies() throws(WatcherError) {
    do throws(SystemError) {
      let folder = try DirectoryHandle.open(path: cookies.path, for: .list)
      switch library.watch(folder.descriptor) {
      case .watch(let watch): owners[watch, default: []].append(.cookies)
      case .limitReached: throw SystemError(code: ENOSPC)
      case .failed(let error): throw error
      }
      seenCookies += try folder.entries().compactMap { CookieJar.serial(of: $0.name) }
    } catch {
      if error.code == ENOSPC {
        let limit = InotifyLibrary.watchLimit
        throw WatcherError(
          .libraryUnusable,
          "The limit of \(limit) inotify watches is reached; raise it: "
            + "sysctl fs.inotify.max_user_watches=\(limit + 8_192)"
        )
      }
      throw cookies.unavailable("cannot be watched: \(error.text)")
    }
  }
}
