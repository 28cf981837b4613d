extension Pump {
  /// Opens the folder if its path still leads to it.
  func open(
    _ node: DirectoryNode,
    at path: RawPath,
    for purpose: DirectoryHandle.Purpose
  ) throws(SystemError) -> DirectoryHandle {
    let handle = try rootHandle.open(path, for: purpose)
    guard try handle.status().identity == node.identity else { throw .elsewhere }
    return handle
  }

  /// Has the folder's place in its parent looked at, and everything below it listed.
  func revisit(_ node: DirectoryNode, _ events: NameEvents = [.newFolder, .happened]) {
    guard node.isAttached else { return }
    if let parent = node.parent {
      followUps.insert(events, parent, node.name)
    } else {
      isRootDoubtful = true
    }
  }

  func process(_ folders: [DirtyNames.Folder]) {
    for folder in folders {
      let node = folder.node
      for (name, events) in folder.names where events.isUnseenWrite {
        young.insert(NameKey(node, name))
      }
      guard node.isAttached else {
        settleDropped(folder)
        continue
      }
      guard !isRootMissing else { continue }
      let path = node.path
      do throws(SystemError) {
        let handle = try open(node, at: path, for: .lookUp)
        for (name, events) in folder.names {
          guard node.isAttached else { break }
          look(at: name, events, in: node, path: path, handle)
        }
      } catch {
        if error.isShortage {
          for (name, events) in folder.names { postponed.insert(events, node, name) }
        } else if error.isAbsence {
          revisit(node)
          settleDropped(folder)
        } else {
          lose(node, path: path, error)
        }
      }
    }
  }

  /// Names in a folder that has left the tree may have been other names of files in it.
  private func settleDropped(_ folder: DirtyNames.Folder) {
    for (name, events) in folder.names where events.contains(.wrote) {
      if let stamp = folder.node.files[name] {
        lookAtOtherNames(
          of: stamp,
          than: InodeIndex.Entry(directory: folder.node, name: name),
          events
        )
      }
      if events.contains(.fresh) { noteUnseenWrite(folder.node.path.appending(name)) }
    }
  }

  private func look(
    at name: RawPath,
    _ events: NameEvents,
    in node: DirectoryNode,
    path: RawPath,
    _ handle: borrowing DirectoryHandle
  ) {
    if name == GitFolder.marker { return findGit(in: handle, at: path) }
    let place = Place(node: node, name: name, path: path.appending(name))
    do throws(SystemError) {
      let status = try handle.status(of: name)
      if status.kind == .directory {
        if let folder = noteFolder(status, at: place, events) { scan([folder], deep: true) }
      } else {
        noteFile(status, at: place, events)
      }
    } catch {
      if error.isShortage {
        postponed.insert(events, node, name)
      } else if error.isAbsence {
        noteAbsence(at: place, events)
      } else {
        lose(node, path: path, error)
      }
    }
  }

  /// Nothing is there.
  func noteAbsence(at place: Place, _ events: NameEvents) {
    if events.isUnseenWrite { noteUnseenWrite(place.path) }
    if let folder = place.node.directories[place.name] {
      drop(folder, path: place.path)
    } else if let stamp = forgetFile(at: place) {
      post(FoundChange(place.path, .gone))
      if events.contains(.wrote) { lookAtOtherNames(of: stamp, than: place.entry, events) }
    } else if events.contains(.happened), filter.reports(file: place.path.bytes) {
      post(FoundChange(place.path, .gone, isUnknown: true))
    }
  }

  /// A file, a link or something special is there.
  ///
  /// Events always count; a mere look counts when it shows a difference.
  func noteFile(_ status: FileStatus, at place: Place, _ events: NameEvents) {
    if let folder = place.node.directories[place.name] { drop(folder, path: place.path) }
    if status.links > 1, status.kind == .file { hasHardLinks = true }
    let stamp = FileStamp(status, lookedAt: hasCoarseTimes ? Self.wallClock() : nil)
    guard filter.reports(file: place.path.bytes) else {
      // An ignored name of a file that counts.
      if events.contains(.wrote), status.links > 1 {
        lookAtOtherNames(of: stamp, than: place.entry, events)
      }
      return
    }
    let earlier = place.node.files.updateValue(stamp, forKey: place.name)
    if earlier == nil { report.files += 1 }
    if earlier?.status.identity != status.identity || earlier?.status.kind != status.kind {
      if let earlier {
        index.remove(place.entry, inode: earlier.status.identity.inode)
        lookAtOtherNames(of: earlier, than: place.entry, events)
      }
      if status.kind == .file { index.add(place.entry, inode: status.identity.inode) }
    }
    let isEvent = events.contains(.happened)
    guard isEvent || earlier.map(stamp.mayDiffer(from:)) ?? true else { return }
    post(FoundChange(place.path, .changed, evidence: events.evidence))
    if status.links > 1 || earlier?.status.links ?? 1 > 1 {
      lookAtOtherNames(of: stamp, than: place.entry, events)
    }
  }

  /// A folder is there.
  ///
  /// Returns it if what is in it has to be listed.
  func noteFolder(_ status: FileStatus, at place: Place, _ events: NameEvents) -> DirectoryNode? {
    let wasFile = forgetFile(at: place) != nil
    guard filter.watches(directory: place.path.bytes) else {
      if wasFile { post(FoundChange(place.path, .gone)) }
      return nil
    }
    if let known = place.node.directories[place.name] {
      if known.identity == status.identity {
        guard events.contains(.newFolder) || known.coverage != .watched else { return nil }
        if isReporting { relisted.append(place.path) }
        return known
      }
      drop(known, path: place.path)
    }
    let folder = DirectoryNode(name: place.name, parent: place.node, identity: status.identity)
    place.node.directories[place.name] = folder
    report.directories += 1
    post(FoundChange(place.path, .directory))
    // Before it was watched, somebody may have written through a link in it.
    if hasHardLinks, isReporting { noteUnseenWrite() }
    return folder
  }

  /// Takes the folder and everything below it out of the tree.
  func drop(_ folder: DirectoryNode, path: RawPath) {
    folder.parent?.directories[folder.name] = nil
    var rest = [(folder, path)]
    while let (node, path) = rest.popLast() {
      post(FoundChange(path, .gone))
      for (name, stamp) in node.files {
        post(FoundChange(path.appending(name), .gone))
        index.remove(
          InodeIndex.Entry(directory: node, name: name),
          inode: stamp.status.identity.inode
        )
      }
      for (name, child) in node.directories { rest.append((child, path.appending(name))) }
      report.files -= node.files.count
      report.directories -= 1
      abandonWatch(of: node)
      unwatched[ObjectIdentifier(node)] = nil
      warnings["unreadable " + path.text] = nil
      node.detach()
    }
  }

  private func forgetFile(at place: Place) -> FileStamp? {
    guard let stamp = place.node.files.removeValue(forKey: place.name) else { return nil }
    report.files -= 1
    index.remove(place.entry, inode: stamp.status.identity.inode)
    return stamp
  }

  private func lookAtOtherNames(
    of stamp: FileStamp,
    than entry: InodeIndex.Entry,
    _ events: NameEvents
  ) {
    guard stamp.status.kind == .file else { return }
    // Otherwise each of two names would send back to the other for ever.
    guard !events.contains(.otherName) else { return }
    let passedOn = events.intersection([.closed, .open]).union(.otherName)
    for other in index.others(than: entry, inode: stamp.status.identity.inode) {
      followUps.insert(passedOn, other.directory, other.name)
    }
  }

  func post(_ change: FoundChange) {
    if isReporting { found.append(change) }
  }
}
