import Glibc

extension Pump {
  /// Watches and lists folders and posts what differs from what was known of them; with `deep`
  /// everything below as well, without only what is new.
  ///
  /// Between two folders events are read, so that the kernel's queue does not overflow.
  func scan(_ folders: [DirectoryNode], deep: Bool) {
    var rest = folders
    while let node = rest.popLast() {
      guard node.isAttached else { continue }
      rest += read(node, deep: deep)
      while takeEvent(waiting: false) {}
      if rebuildReason != nil { return }
    }
  }

  /// Reads one folder and returns the ones in it that have to be read, too.
  private func read(_ node: DirectoryNode, deep: Bool) -> [DirectoryNode] {
    let path = node.path
    do throws(SystemError) {
      let handle = try open(node, at: path, for: .list)
      if node.watch == nil { watch(node, handle) }
      let listed = try list(node, path, handle, deep: deep)
      if node.watch != nil { node.coverage = .watched }
      if !warnings.isEmpty { warnings["unreadable " + path.text] = nil }
      return listed
    } catch {
      if error.isAbsence {
        revisit(node)
      } else if error.isShortage {
        postpone(node)
      } else {
        lose(node, path: path, error)
      }
      return []
    }
  }

  /// The folder cannot be looked into.
  ///
  /// Whatever happens in it from now on is found when it is read again, after its permissions, or
  /// those of a folder above it, have changed.
  func lose(_ node: DirectoryNode, path: RawPath, _ error: SystemError) {
    var above: DirectoryNode? = node
    while let lost = above {
      lost.coverage = .unreadable
      above = lost.parent
    }
    unwatched[ObjectIdentifier(node)] = nil
    warnings["unreadable " + path.text] =
      "\(root)/\(path.text) cannot be read (\(error.text)); what changes in it is not seen until "
      + "its permissions change."
  }

  private func postpone(_ node: DirectoryNode) {
    if let parent = node.parent {
      postponed.insert([.newFolder, .happened], parent, node.name)
    } else {
      isRootDoubtful = true
    }
  }

  private func list(
    _ node: DirectoryNode,
    _ path: RawPath,
    _ handle: borrowing DirectoryHandle,
    deep: Bool
  ) throws(SystemError) -> [DirectoryNode] {
    let known = Set(node.files.keys).union(node.directories.keys)
    var seen: Set<RawPath> = []
    var folders: [DirectoryNode] = []
    for entry in try handle.entries() {
      if entry.name == GitFolder.marker {
        findGit(in: handle, at: path)
        continue
      }
      let place = Place(node: node, name: entry.name, path: path.appending(entry.name))
      if entry.isDirectory == false, !filter.reports(file: place.path.bytes) { continue }
      let status: FileStatus
      do throws(SystemError) {
        status = try handle.status(of: entry.name)
      } catch {
        if error.isShortage { throw error }
        // It went away since: an event says so.
        continue
      }
      if !known.isEmpty { seen.insert(entry.name) }
      if status.kind != .directory {
        noteFile(status, at: place, [])
      } else if let folder = noteFolder(status, at: place, []) {
        folders.append(folder)
      } else if deep, let folder = node.directories[entry.name] {
        folders.append(folder)
      }
    }
    for name in known where !seen.contains(name) {
      noteAbsence(at: Place(node: node, name: name, path: path.appending(name)), [])
    }
    return folders
  }

  /// Has the kernel report what happens in the folder.
  private func watch(_ node: DirectoryNode, _ handle: borrowing DirectoryHandle) {
    let isFull = settings.watchLimit.map { owners.count >= $0 } ?? false
    guard !isFull, case .watch(let watch) = library.watch(handle.descriptor) else {
      node.coverage = .unwatched
      unwatched[ObjectIdentifier(node)] = node
      return
    }
    node.watch = watch
    node.coverage = .watched
    unwatched[ObjectIdentifier(node)] = nil
    orphans.remove(watch)
    // Whoever has the watch already is suspect: its folder is here now, so perhaps not there.
    for case .folder(let other) in owners[watch] ?? [] where other !== node {
      revisit(other, .happened)
    }
    owners[watch, default: []].append(.folder(node))
  }

  /// The folder has left the tree.
  ///
  /// Its watch is ended after the events that are still queued.
  func abandonWatch(of node: DirectoryNode) {
    guard let watch = node.watch else { return }
    node.watch = nil
    owners[watch]?.removeAll { owner in
      if case .folder(let other) = owner { return other === node }
      return false
    }
    guard owners[watch]?.isEmpty ?? false else { return }
    owners[watch] = nil
    orphans.insert(watch)
  }

  /// Ends the watches of folders that left the tree and live on elsewhere.
  ///
  /// Those that are no more were ended by the kernel, which said so in the queue.
  func drainOrphans() {
    guard !orphans.isEmpty else { return }
    drain()
    for watch in orphans {
      library.remove(watch)
      removed.insert(watch)
    }
    orphans = []
  }

  func describeLimit() {
    guard !unwatched.isEmpty else {
      warnings["limit"] = nil
      return
    }
    let limit = settings.watchLimit ?? InotifyLibrary.watchLimit
    warnings["limit"] =
      "The limit of \(limit) inotify watches is reached and \(unwatched.count) of "
      + "\(report.directories) folders are not watched, but looked at every "
      + "\(settings.pollInterval); raise it: "
      + "sysctl fs.inotify.max_user_watches=\(limit + max(unwatched.count, 8_192))"
  }

  static func wallClock() -> Int64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}
