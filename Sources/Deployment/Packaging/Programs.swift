import Foundation

/// The programs that an application is made of: `syncd` and `syncd-client` in one folder.
package struct Programs: Hashable, Sendable {
  package static let server = "syncd"
  package static let client = "syncd-client"

  let serverPath: String
  let clientPath: String
  /// What they are made for, such as `linux-x86_64`.
  package let platform: String

  /// Finds the programs, and looks at what they need.
  ///
  /// - Parameters:
  ///   - folder: where they are.
  ///   - allowsSharedSwift: takes programs that run only where Swift is installed, for trying on this
  ///     machine.
  /// - Throws: `DeploymentError` with code `programs`.
  package init(in folder: String, allowsSharedSwift: Bool = false) throws(DeploymentError) {
    // The files themselves go along, not links to them.
    let url = URL(filePath: folder)
    serverPath = url.appending(path: Self.server).resolvingSymlinksInPath().path
    clientPath = url.appending(path: Self.client).resolvingSymlinksInPath().path
    var platforms: Set<String> = []
    for path in [serverPath, clientPath] {
      guard let file = ELFFile(at: path) else {
        throw DeploymentError(
          .programs,
          "\(path) is no program for Linux: make syncd and syncd-client with "
            + "scripts/build-programs and name their folder with --programs."
        )
      }
      if !allowsSharedSwift, let library = file.neededLibraries.first(where: Self.isSwift) {
        throw DeploymentError(
          .programs,
          "\(path) needs \(library), which other machines lack: make the programs with "
            + "scripts/build-programs, or try on this machine alone with --allow-shared-swift."
        )
      }
      platforms.insert(file.platform)
    }
    guard let platform = platforms.first, platforms.count == 1 else {
      throw DeploymentError(
        .programs,
        "The programs in \(folder) are for different processors "
          + "(\(platforms.sorted().joined(separator: ", "))): make both with scripts/build-programs."
      )
    }
    self.platform = platform
  }

  private static func isSwift(_ library: String) -> Bool {
    library.hasPrefix("libswift") || library.hasPrefix("libFoundation")
      || library.hasPrefix("lib_Foundation") || library.hasPrefix("libdispatch")
      || library.hasPrefix("libBlocksRuntime")
  }
}
