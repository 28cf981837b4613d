import Bundler
import HTTPTypes
import Hummingbird
import NIOCore
import ProjectModel
import Sessions
import SyncProtocol

/// What a digest names: bundles and manifests, which never change under their name.
struct BundleRoutes: Sendable {
  let project: any ServedProject
  let downloads: Downloads
  private let running = RunningDownloads()
  private let digests = FileDigests()

  init(project: any ServedProject, downloads: Downloads) {
    self.project = project
    self.downloads = downloads
  }

  var endpoints: [Endpoint] {
    [
      .read("\(Route.bundles)/:digest", .clients) { request, context in
        try await bundle(request, try digest(context, "digest"), context.caller)
      },
      .read("\(Route.manifests)/:digest", .clients) { request, context in
        try await manifest(request, try digest(context, "digest"))
      },
      .read("\(Route.deltas)/:from/:to", .clients) { request, context in
        try await delta(request, context)
      },
    ]
  }

  private func digest(_ context: CallContext, _ name: String) throws -> Digest {
    guard let digest = Digest(hex: context.parameter(name)) else {
      throw ProblemDetails(
        .notFound,
        detail: "A digest is 64 lower-case hexadecimal digits."
      )
    }
    return digest
  }

  private func manifest(_ request: Request, _ digest: Digest) async throws -> Response {
    let bytes = try await project.manifest(digest)
    let tag = EntityTag(digest)
    var fields: HTTPFields = [
      .eTag: tag.text, .cacheControl: "public, max-age=31536000, immutable",
    ]
    if tag.isHeld(by: request.headers) { return Response(status: .notModified, headers: fields) }
    fields[.contentType] = "text/plain; charset=utf-8"
    return Response(
      status: .ok,
      headers: fields,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    )
  }

  private func bundle(
    _ request: Request,
    _ digest: Digest,
    _ caller: Caller
  ) async throws -> Response {
    let opened = try await project.openBundle(digest)
    let ofBytes = await digests.digest(of: opened, named: digest)
    return Response(
      serving: running.join(digest, opened: opened),
      as: "application/zip",
      EntityTag(digest),
      ofBytes,
      in: try downloads.enter(caller.session?.id),
      to: request
    )
  }

  /// The tag is of the bytes: another version of the server may make others for the same pair.
  private func delta(_ request: Request, _ context: CallContext) async throws -> Response {
    let form: DeltaForm
    switch try request.query("form") {
    case nil, "content": form = .content
    case "packed": form = .packed
    default:
      throw ProblemDetails(.badRequest, detail: "The form of a delta is content or packed.")
    }
    let delta = try await project.delta(
      from: try digest(context, "from"),
      to: try digest(context, "to"),
      form: form
    )
    return Response(
      serving: ServedDelta(delta: delta),
      as: "application/vnd.syncd.delta",
      EntityTag(delta.digest),
      delta.digest,
      in: try downloads.enter(context.caller.session?.id),
      to: request
    )
  }
}
