import Glibc
import ProjectModel

/// Where a project lies, found from whatever a user names.
package struct ProjectLocation: Hashable, Sendable {
  /// The real path of the package root: the folder that contains `Project/`, or the archive.
  package let root: String
  /// The name of the `.4DProject` file, or of the archive, without its suffix.
  package let name: String
  /// The real path of the `.4dz`, where the project is a deployed archive (4d-domain §8).
  package let archive: String?

  /// What the project is told apart by: the archive, or the package root.
  package var path: String { archive ?? root }

  /// Opens the root folder, its `Project` folder, the `.4DProject` file in it, or a `.4dz`.
  ///
  /// The archive itself is not opened: a server may hold its last good state while it is replaced.
  ///
  /// - Throws: `HostError` with code `notAProject` and a sentence that says what is missing.
  package init(opening path: String) throws(HostError) {
    if let archive = try Self.archive(at: path) {
      self.init(archive: archive)
      return
    }
    let real = try Self.realPath(path)
    if try Self.isFolder(real) {
      let isProjectFolder = ProjectPath(real).name.elementsEqual("Project".utf8)
      let holdsProject = (try? Self.isFolder(real + "/Project")) ?? false
      if isProjectFolder && !holdsProject, !Self.anchors(in: real).isEmpty {
        try self.init(root: ProjectPath(real).parent.display)
      } else {
        try self.init(root: real)
      }
    } else {
      guard ProjectLayout.isProjectFile(ProjectLayout.project.appending(ProjectPath(real).name))
      else {
        throw HostError(
          .notAProject,
          "\(real) is not a 4D project: name its folder, its .4DProject file or a .4dz"
        )
      }
      try self.init(root: ProjectPath(real).parent.parent.display)
    }
  }

  /// Opens the project around a folder: the folder itself or the nearest one above it.
  ///
  /// - Throws: `HostError` with code `notAProject`.
  package init(around folder: String) throws(HostError) {
    let start = try Self.realPath(folder)
    var candidate = ProjectPath(start)
    while !candidate.isRoot {
      if (try? Self.isFolder(candidate.display + "/Project")) == true {
        try self.init(root: candidate.display)
        return
      }
      candidate = candidate.parent
    }
    throw HostError(
      .notAProject,
      "there is no 4D project in \(start) or above it: name the folder that contains Project/"
    )
  }

  private init(root: String) throws(HostError) {
    let project = root + "/Project"
    guard (try? Self.isFolder(project)) == true else {
      throw HostError(
        .notAProject,
        "\(root) is not a 4D project: it has no Project/ folder; name the folder that contains it"
      )
    }
    let anchors = Self.anchors(in: project)
    guard let anchor = anchors.first else {
      throw HostError(
        .notAProject,
        "\(project) is not a 4D project: it has no .4DProject file, or cannot be read; "
          + "put the file back or name another folder"
      )
    }
    guard anchors.count == 1 else {
      throw HostError(
        .notAProject,
        "\(project) has more than one .4DProject file (\(anchors.joined(separator: ", "))): keep one"
      )
    }
    self.root = root
    name = ProjectLayout.projectName(of: ProjectPath(anchor))
    archive = nil
  }

  private init(archive: ProjectPath) {
    root = archive.parent.display
    name = String(decoding: archive.name.dropLast(".4dz".utf8.count), as: UTF8.self)
    self.archive = archive.display
  }

  /// The place of an archive, which may be away for a moment; `nil` for another file or a folder.
  private static func archive(at path: String) throws(HostError) -> ProjectPath? {
    guard path.lowercased().hasSuffix(".4dz") else { return nil }
    var status = stat()
    if stat(path, &status) == 0 {
      return status.st_mode & S_IFMT == S_IFDIR ? nil : ProjectPath(try realPath(path))
    }
    let name = ProjectPath(path).name
    let parent = ProjectPath(path).parent
    let isAbsolute = path.hasPrefix("/")
    let folder = parent.isRoot ? (isAbsolute ? "/" : ".") : parent.display
    return ProjectPath(try realPath(folder)).appending(name)
  }

  private static func realPath(_ path: String) throws(HostError) -> String {
    guard let resolved = realpath(path, nil) else {
      throw HostError(
        .notAProject,
        "\(path) cannot be opened: \(String(cString: strerror(errno))); name a 4D project"
      )
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func isFolder(_ path: String) throws(HostError) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw HostError(.notAProject, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  private static func anchors(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if ProjectLayout.isProjectFile(ProjectLayout.project.appending(Array(name.utf8))) {
        names.append(name)
      }
    }
    return names.sorted()
  }
}
