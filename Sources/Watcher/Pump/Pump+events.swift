/// One name in one folder, for as long as the folder is known.
struct NameKey: Hashable {
  let folder: ObjectIdentifier
  let name: RawPath

  init(_ node: DirectoryNode, _ name: RawPath) {
    folder = ObjectIdentifier(node)
    self.name = name
  }
}

/// The first half of a rename.
struct Departure {
  let path: RawPath
  let events: NameEvents
}

extension Pump {
  /// Takes note of where to look; looks at nothing but git's lock.
  func handle(_ event: WatchEvent) {
    report.events += 1
    if event.mask.contains(.overflow) {
      report.overflows += 1
      rebuildReason = .overflow
      return
    }
    if event.mask.contains(.unmount) { rebuildReason = rebuildReason ?? .unmount }
    if event.mask.contains(.ignored) { return forget(event.watch) }
    guard let watching = owners[event.watch] else { return }
    for owner in watching {
      switch owner {
      case .folder(let node):
        if event.name.bytes.isEmpty {
          handleFolderItself(event, node)
        } else {
          note(event, in: node)
        }
      case .git(let folder):
        if event.name == GitFolder.lockName {
          folder.look(lockIsNew: !event.mask.isDisjoint(with: [.delete, .movedFrom]))
        }
      case .cookies:
        if event.mask.contains(.create), let serial = CookieJar.serial(of: event.name) {
          seenCookies.append(serial)
        }
      }
    }
  }

  /// The kernel ended the watch: the folder is gone, or another one bears its number by now.
  private func forget(_ watch: CInt) {
    guard removed.remove(watch) == nil else { return }
    library.countDeadRecord()
    orphans.remove(watch)
    for owner in owners.removeValue(forKey: watch) ?? [] {
      switch owner {
      case .folder(let node):
        guard node.watch == watch else { continue }
        node.watch = nil
        node.coverage = .unwatched
        if node === rootNode {
          isRootDoubtful = true
        } else if let parent = node.parent, node.isAttached {
          dirty.insert([.newFolder, .happened], parent, node.name)
        }
      case .git(let folder): gitFolders.removeAll { $0 === folder }
      case .cookies: rebuildReason = rebuildReason ?? .libraryFailed
      }
    }
  }

  private func handleFolderItself(_ event: WatchEvent, _ node: DirectoryNode) {
    guard let parent = node.parent, node.isAttached else {
      if node === rootNode, node.coverage != .watched { isRootDoubtful = true }
      return
    }
    if event.mask.contains(.moveSelf) || node.coverage != .watched {
      dirty.insert(.happened, parent, node.name)
    }
  }

  private func note(_ event: WatchEvent, in node: DirectoryNode) {
    let mask = event.mask
    var events = dirty[node, event.name]
    events.insert(.happened)
    if mask.contains(.isDirectory) {
      if !mask.isDisjoint(with: [.create, .movedTo]) { events.insert(.newFolder) }
      dirty[node, event.name] = events
      return
    }
    if !mask.isDisjoint(with: [.delete, .movedFrom, .movedTo]) {
      let isUnseen = events.isUnseenWrite || young.remove(NameKey(node, event.name)) != nil
      if mask.contains(.movedFrom) {
        departures[event.cookie] = Departure(
          path: node.path.appending(event.name),
          events: isUnseen ? [.fresh, .wrote] : []
        )
      } else if isUnseen {
        noteUnseenWrite(node.path.appending(event.name))
      }
      events.subtract([.fresh, .wrote, .closed, .open])
    }
    if mask.contains(.create) { events.formUnion([.fresh, .open]) }
    if mask.contains(.movedTo) {
      events.formUnion([.fresh, .closed])
      events.formUnion(departures.removeValue(forKey: event.cookie)?.events ?? [])
    }
    if mask.contains(.modify) {
      events.formUnion([.wrote, .open])
      events.remove(.closed)
    }
    if mask.contains(.attributes) { events.insert(.wrote) }
    if mask.contains(.closeWrite) {
      events.insert(.closed)
      events.remove(.open)
    }
    dirty[node, event.name] = events
  }

  /// The queue is empty: what was renamed without a second half has left the tree.
  func forgetUnseenWrites() {
    for departure in departures.values where departure.events.isUnseenWrite {
      noteUnseenWrite(departure.path)
    }
    departures.removeAll(keepingCapacity: true)
    young.removeAll(keepingCapacity: true)
  }

  /// Somebody wrote through a name that was gone before anybody could see which file it led to.
  ///
  /// If that was a hard link, another name has new content without any event.
  func noteUnseenWrite(_ path: RawPath) {
    guard filter.reports(file: path.bytes) else { return }
    noteUnseenWrite()
  }

  func noteUnseenWrite() {
    guard settings.distrustsUnseenWrites, verifyFrom == nil else { return }
    verifyFrom = .now + max(.seconds(1), verifyCost * 20)
  }
}
