import Bundler
import Foundation
import ProjectModel

/// What is right and wrong in a system folder; looking changes nothing.
package struct SystemFolderExamination: Hashable, Sendable {
  /// One thing that was seen.
  package struct Finding: Hashable, Sendable, Encodable {
    /// One sentence.
    package let what: String
    /// The path that it is about.
    package let path: String
    package let isProblem: Bool
    /// What `repair()` would do; `nil` where a person must act, or nobody.
    package var repair: Repair?
  }

  /// What can be done about a finding.
  package enum Repair: String, Hashable, Sendable, Encodable {
    case create, restrict, remove
    case writeRecord = "write-record"
  }

  package let folder: SystemFolder
  package let location: ProjectLocation
  /// Whether a server holds the folder; nothing is repaired then.
  package private(set) var isServed = false
  package private(set) var findings: [Finding] = []

  /// Looks at the folder as it is now.
  package init(of folder: SystemFolder, for location: ProjectLocation) {
    self.folder = folder
    self.location = location
    examineArchive()
    guard let item = PrivateItem(at: folder.path) else {
      note("There is no system folder yet: serve makes it.", folder.path)
      examineNeighbours()
      return
    }
    guard item.owner == geteuid() || geteuid() == 0 else {
      fault(
        "This belongs to another account, uid \(item.owner): ask that account to look at it.",
        folder.path
      )
      return
    }
    isServed = BriefLock(folder) == nil
    let holder = PrivateFile.read(folder.lock).map { String(decoding: $0, as: UTF8.self) } ?? ""
    note(
      isServed
        ? "The server \(holder.trimmingCharacters(in: .whitespacesAndNewlines)) runs."
        : "No server runs.",
      folder.lock
    )
    examineFolders()
    examineFiles()
    examineGenerations()
    examineRecord()
    examineRest()
    examineNeighbours()
  }

  /// Repairs what can be repaired; nothing at all while a server runs.
  ///
  /// - Returns: what a new look finds.
  /// - Throws: `HostError` with code `stateFolder` for the first repair that fails.
  package func repair() throws(HostError) -> SystemFolderExamination {
    guard findings.contains(where: { $0.repair != nil }), let lock = BriefLock(folder) else {
      return SystemFolderExamination(of: folder, for: location)
    }
    try mendAll()
    // Let go of first: the new look would take it for a server's.
    lock.release()
    return SystemFolderExamination(of: folder, for: location)
  }

  private func mendAll() throws(HostError) {
    for finding in findings {
      switch finding.repair {
      case nil: continue
      case .create: try folder.create()
      case .writeRecord: try folder.writeRecord(of: location)
      case .restrict, .remove: try mend(finding)
      }
    }
  }

  private func mend(_ finding: Finding) throws(HostError) {
    do {
      if finding.repair == .remove {
        try FileManager.default.removeItem(atPath: finding.path)
      } else {
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o600],
          ofItemAtPath: finding.path
        )
      }
    } catch {
      throw HostError(
        .stateFolder,
        "\(finding.path) cannot be repaired: \(error.localizedDescription)"
      )
    }
  }

  private mutating func note(_ what: String, _ path: String) {
    findings.append(Finding(what: what, path: path, isProblem: false))
  }

  private mutating func fault(_ what: String, _ path: String, _ repair: Repair? = nil) {
    findings.append(
      Finding(what: what, path: path, isProblem: true, repair: isServed ? nil : repair)
    )
  }

  private mutating func examineFolders() {
    for path in [folder.path] + folder.parts {
      guard let item = PrivateItem(at: path) else {
        fault("The folder is missing.", path, .create)
        continue
      }
      // With a socket group its members may pass the outer folder.
      let isRight = item.mode == 0o700 || (path == folder.path && item.mode == 0o710)
      if item.kind != .folder {
        fault("This is no folder: move it away.", path)
      } else if item.owner != geteuid() {
        fault("This belongs to another account, uid \(item.owner): change its owner.", path)
      } else if !isRight {
        fault("The rights are \(String(item.mode, radix: 8)), not 700.", path, .create)
      }
    }
  }

  private mutating func examineFiles() {
    for path in folder.files + keptFiles {
      guard let item = PrivateItem(at: path) else { continue }
      if item.kind != .file {
        fault("This is no file: move it away.", path)
      } else if item.owner != geteuid() {
        fault("This belongs to another account, uid \(item.owner): change its owner.", path)
      } else if item.mode & 0o077 != 0 {
        fault("The rights are \(String(item.mode, radix: 8)), not 600.", path, .restrict)
      }
    }
    if isServed, ProjectToken.read(from: folder) == nil {
      fault("The token cannot be read: start the server again.", folder.token)
    }
    switch PrivateItem(at: folder.socket)?.kind {
    case nil: break
    case .socket:
      if !isServed {
        fault("The socket was left by a server that is gone.", folder.socket, .remove)
      }
    default: fault("This is no socket, and serve needs its name: move it away.", folder.socket)
    }
  }

  /// The files of the parts that hold secrets of the project.
  private var keptFiles: [String] {
    [folder.journal, folder.generations].flatMap { part in
      ((try? FileManager.default.contentsOfDirectory(atPath: part)) ?? []).sorted()
        .map { part + "/" + $0 }.filter { PrivateItem(at: $0)?.kind == .file }
    }
  }

  /// Reads every bundle: the next start trusts their manifests.
  private mutating func examineGenerations() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.generations)) ?? []
    for name in names.sorted() where name.hasSuffix(".4dz") {
      let path = folder.generations + "/" + name
      do throws(BundleError) {
        let digest = try verifyBundle(at: path).digest
        guard "\(digest.hex).4dz" != name else { continue }
        fault("The bundle is another than its name says.", path, .remove)
      } catch {
        let isDamaged = [.damaged, .notCanonical, .notABundle].contains(error.code)
        let what = isDamaged ? "The bundle is damaged" : "The bundle cannot be read"
        fault("\(what): \(error.what).", path, isDamaged ? .remove : nil)
      }
    }
  }

  private mutating func examineRecord() {
    guard var wanted = SystemFolderRecord(location) else { return }
    guard let record = PrivateFile.readJSON(SystemFolderRecord.self, from: folder.record) else {
      let kind = PrivateItem(at: folder.record)?.kind
      fault(
        "It cannot be read whose folder this is.",
        folder.record,
        kind == nil || kind == .file ? .writeRecord : nil
      )
      return
    }
    wanted.application = record.application
    guard record != wanted else { return }
    fault(
      "The folder was written down for \(record.root) (\(record.name)), not for "
        + "\(wanted.root) (\(wanted.name)).",
      folder.record,
      record.became(wanted) ? .writeRecord : nil
    )
  }

  private mutating func examineRest() {
    let known = Set(folder.parts + folder.files + [folder.data, folder.socket])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for path in names.sorted().map({ folder.path + "/" + $0 }) where !known.contains(path) {
      if folder.files.contains(where: { path == SmallFile.unfinished($0) }) {
        fault("A write was cut off here.", path, .remove)
      } else {
        note("This is not syncd's; it is left alone.", path)
      }
    }
  }

  /// The archive that a server would be started with.
  private mutating func examineArchive() {
    guard let archive = location.archive else { return }
    do throws(HostError) {
      _ = try DeployedProject(location, data: folder.data)
    } catch {
      fault("The archive cannot be served: \(error.message).", archive)
    }
  }

  private mutating func examineNeighbours() {
    let home = URL(filePath: folder.path).deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: home)) ?? []
    for other in names.sorted().map({ SystemFolder(at: home + "/" + $0) }) where other != folder {
      guard let record = PrivateFile.readJSON(SystemFolderRecord.self, from: other.record),
        PrivateItem.isGone(record.root)
      else { continue }
      note("The project of this folder, \(record.root), is gone.", other.path)
    }
  }
}
