import Foundation
import Logging
import ProjectModel
import SyncProtocol

/// Makes the owned files of a project, with what each kind of document needs.
struct ProjectFiles: Sendable {
  let root: String
  /// The folders of a deployed archive; `nil` for a project's folder.
  let deployed: DeployedProject?
  let stateFolder: String
  let hub: EventHub
  let logger: Logger

  /// Ids that were given once are remembered with each edit, so that none is given again.
  func catalog() -> OwnedFile<CatalogDocument> {
    var settings = OwnedFileSettings<CatalogDocument>(
      .catalog,
      root: root,
      stateFolder: stateFolder
    ) { memory, document, _ in
      Self.marks(memory).raised(by: document)
    }
    settings.remember = { document, memory in
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return (try? encoder.encode(Self.marks(memory).raised(by: document))).map { Array($0) }
    }
    settings.difference = { before, after in
      UnifiedDiff.text(
        from: before.bytes,
        to: after.bytes,
        oldName: "a/\(ProjectLayout.catalog)",
        newName: "b/\(ProjectLayout.catalog)"
      )
    }
    settings.announce = { [hub] change in await hub.post(.catalog(change)) }
    settings.logger = logger
    return OwnedFile(settings)
  }

  func directory(
    passwords: PasswordHashing,
    users: ProjectUsers
  ) -> OwnedFile<DirectoryDocument> {
    var settings = OwnedFileSettings<DirectoryDocument>(
      .directory,
      root: deployed?.data ?? root,
      stateFolder: stateFolder
    ) { _, _, operations async throws(ProblemDetails) in
      try await passwords.hashes(for: operations)
    }
    settings.startingBytes = DirectoryDocument.newFile
    if let deployed {
      // What came with the archive is the application's: it is read, and copied by the first edit.
      settings.places = [ProjectLayout.directory]
      settings.embedded = { deployed.embeddedDirectory }
    }
    settings.difference = { before, after in
      UnifiedDiff.text(
        from: before.redactedBytes,
        to: after.redactedBytes,
        oldName: "a/directory.json",
        newName: "b/directory.json"
      )
    }
    settings.announce = { [hub] change in
      // Who hears of the change already meets the new users.
      users.refresh()
      await hub.post(.directory(change))
    }
    settings.logger = logger
    return OwnedFile(settings)
  }

  private static func marks(_ memory: [UInt8]?) -> CatalogIDMarks {
    memory.flatMap { try? JSONDecoder().decode(CatalogIDMarks.self, from: Data($0)) }
      ?? CatalogIDMarks()
  }
}
