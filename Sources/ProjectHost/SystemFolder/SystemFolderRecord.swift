import Bundler
import Foundation

/// Whose system folder it is: what finds it again when the project moves or is renamed.
struct SystemFolderRecord: Hashable, Codable {
  let root: String
  let name: String
  let identity: PrivateItem.Identity
  /// The merged application whose server it is; `nil` for any other server.
  var application: String?

  init?(_ location: ProjectLocation) {
    guard let item = PrivateItem(at: location.root) else { return nil }
    // An archive is replaced, its folder stays.
    root = location.path
    name = location.name
    identity = item.identity
  }

  /// Whether the project of this record is now the other one: moved, or renamed where it is.
  ///
  /// Inode numbers are used again: a moved project must have kept its name, so that the edits and
  /// generations of a deleted project do not go to one that only got its number.
  func became(_ other: SystemFolderRecord) -> Bool {
    guard identity == other.identity else { return false }
    let isSameRoot = root.utf8.elementsEqual(other.root.utf8)
    return isSameRoot || (name.utf8.elementsEqual(other.name.utf8) && PrivateItem.isGone(root))
  }
}

extension SystemFolder {
  /// Writes down which project the folder belongs to, and which application if one is named or was.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package func writeRecord(
    of location: ProjectLocation,
    application: String? = nil
  ) throws(HostError) {
    guard var record = SystemFolderRecord(location) else { return }
    record.application = application ?? self.application
    guard PrivateFile.readJSON(SystemFolderRecord.self, from: self.record) != record else { return }
    try PrivateFile.writeJSON(record, to: self.record)
  }

  /// The merged application that the folder was written down for.
  var application: String? {
    PrivateFile.readJSON(SystemFolderRecord.self, from: record)?.application
  }

  /// Refuses the folder of another merged application: users, keys and sessions in it are that one's.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package func check(against application: String) throws(HostError) {
    guard let owner = self.application, owner != application else { return }
    throw HostError(
      .stateFolder,
      "the state folder \(path) is that of the application \(owner), and this is \(application): "
        + "package one of them with another ServerStructureFolderName, or name a folder with "
        + "--state-dir"
    )
  }

  /// Gives a project that moved or was renamed its earlier folder back, before `create()`.
  ///
  /// Not for a folder that the user named.
  ///
  /// - Returns: the path that the folder had, or `nil` if there was nothing to adopt.
  /// - Throws: `HostError` with code `stateFolder`.
  package func adoptEarlier(for location: ProjectLocation) throws(HostError) -> String? {
    for earlier in earlierFolders(of: location) {
      guard let lock = BriefLock(earlier) else { continue }
      do {
        try FileManager.default.moveItem(atPath: earlier.path, toPath: path)
      } catch {
        throw HostError(
          .stateFolder,
          "\(earlier.path) cannot become \(path) (\(error.localizedDescription)): rename it by hand"
        )
      }
      try writeRecord(of: location)
      withExtendedLifetime(lock) {}
      return earlier.path
    }
    return nil
  }

  /// The folder that serves the project now: its earlier one, while the project has moved or was
  /// renamed under a running server.
  package func orEarlier(for location: ProjectLocation) -> SystemFolder {
    earlierFolders(of: location).first ?? self
  }

  private func earlierFolders(of location: ProjectLocation) -> [SystemFolder] {
    guard PrivateItem.isGone(path), let wanted = SystemFolderRecord(location) else { return [] }
    let home = URL(filePath: path).deletingLastPathComponent().path
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: home)) ?? []).sorted()
    return names.map { SystemFolder(at: home + "/" + $0) }.filter { earlier in
      PrivateItem(at: earlier.path)?.kind == .folder
        && PrivateFile.readJSON(SystemFolderRecord.self, from: earlier.record)?.became(wanted)
          == true
    }
  }

  /// Refuses a folder that the project's bundle or watcher would meet, or that holds the project.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package func check(against location: ProjectLocation) throws(HostError) {
    let real = Self.realPath(path)
    let project = location.root + "/Project"
    let isInside = (real + "/").utf8.starts(with: (project + "/").utf8)
    let isAbove = (location.root + "/").utf8.starts(with: (real + "/").utf8)
    if isInside || isAbove {
      throw HostError(
        .stateFolder,
        "the state folder \(path) \(isInside ? "lies in \(project)" : "contains the project"): "
          + "name another folder with --state-dir"
      )
    }
    guard PrivateItem.isGone(record), let foreign = foreignItems.first else { return }
    throw HostError(
      .stateFolder,
      "\(path) holds things that are not syncd's (\(foreign)), and would be closed to everybody "
        + "else: name a new or an empty folder with --state-dir"
    )
  }

  /// Names in the folder that are nothing of ours.
  private var foreignItems: [String] {
    let own = Set(parts + [data] + (files + [socket]).flatMap { [$0, SmallFile.unfinished($0)] })
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().filter { !own.contains(path + "/" + $0) }
  }

  /// The real path of the part that exists, with the rest behind it.
  private static func realPath(_ path: String) -> String {
    var existing = URL(filePath: path).standardizedFileURL
    var rest: [String] = []
    while existing.path != "/", PrivateItem.isGone(existing.path) {
      rest.insert(existing.lastPathComponent, at: 0)
      existing.deleteLastPathComponent()
    }
    let base = existing.resolvingSymlinksInPath().path
    return ([base == "/" ? "" : base] + rest).joined(separator: "/")
  }

  /// Removes the derived data of tables that are gone; only while no client is connected.
  ///
  /// - Parameter tables: the numbers of all tables, those in the trash included.
  /// - Returns: the names of the folders that were removed.
  package func pruneDerivedData(keeping tables: Set<Int>) -> [String] {
    guard PrivateItem(at: derivedData)?.kind == .folder else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: derivedData)) ?? []
    return names.sorted().filter { name in
      guard let number = Int(name), String(number) == name, number > 0, !tables.contains(number),
        PrivateItem(at: derivedData + "/" + name)?.kind == .folder
      else { return false }
      return (try? FileManager.default.removeItem(atPath: derivedData + "/" + name)) != nil
    }
  }
}
