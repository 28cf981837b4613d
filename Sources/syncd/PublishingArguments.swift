import ArgumentParser
import ProjectModel
import SyncServer

/// The options that say how a server is found on the network.
struct PublishingArguments: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Answer discovery queries; what settings.4DSettings says if left out."
  )
  var publish: Bool?

  @Option(
    help: ArgumentHelp(
      "The publication name; the one of settings.4DSettings, or the project's, if left out.",
      valueName: "name"
    )
  )
  var name: String?

  @Flag(name: .customLong("announce-4d"), help: "Answer 4D's own discovery queries too.")
  var announcesTo4D = false

  func validate() throws {
    if name?.isEmpty == true { throw ValidationError("--name needs a name.") }
  }

  /// How the project is published; `nil` for not at all.
  ///
  /// The clients of a merged application look for the name that it was packaged with, `application`.
  func publication(
    _ settings: NetworkSettings,
    of project: String,
    as application: String?
  ) -> Publication? {
    guard publish ?? (application != nil || settings.publishesAtStartup) else { return nil }
    let usual = application ?? settings.publicationName ?? project
    var publication = Publication(name: name ?? usual)
    publication.announcesTo4D = announcesTo4D
    publication.rules = settings.rules
    return publication
  }
}
