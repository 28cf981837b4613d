import HTTPTypes
import Hummingbird
import NIOCore
import ProjectModel
import SyncProtocol

/// What a digest names: bundles and manifests, which never change under their name.
struct BundleRoutes: Sendable {
  private static let immutable = "public, max-age=31536000, immutable"

  let project: any ServedProject

  var endpoints: [Endpoint] {
    [
      .read("\(Route.bundles)/:digest", .clients) { request, context in
        try await bundle(request, try digest(context))
      },
      .read("\(Route.manifests)/:digest", .clients) { request, context in
        try await manifest(request, try digest(context))
      },
    ]
  }

  private func digest(_ context: CallContext) throws -> Digest {
    guard let digest = context.parameters.get("digest").flatMap({ Digest(hex: $0) }) else {
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
    var fields = fields(tag)
    if tag.isHeld(by: request.headers) { return Response(status: .notModified, headers: fields) }
    fields[.contentType] = "text/plain; charset=utf-8"
    return Response(
      status: .ok,
      headers: fields,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    )
  }

  private func bundle(_ request: Request, _ digest: Digest) async throws -> Response {
    let bundle = try await project.openBundle(digest)
    let tag = EntityTag(digest)
    var fields = fields(tag)
    fields[.acceptRanges] = "bytes"
    if tag.isHeld(by: request.headers) { return Response(status: .notModified, headers: fields) }
    fields[.contentType] = "application/zip"
    // A range is defined for GET alone.
    let mayBePart = request.method == .get && tag.allowsRange(request.headers)
    switch ByteRange(mayBePart ? request.headers[.range] : nil, size: bundle.size) {
    case .whole:
      return Response(status: .ok, headers: fields, body: body(bundle, 0, bundle.size))
    case .part(let range):
      fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(bundle.size)"
      let count = range.upperBound - range.lowerBound + 1
      return Response(
        status: .partialContent,
        headers: fields,
        body: body(bundle, range.lowerBound, count)
      )
    case .unsatisfiable:
      var response = Response(
        problem: ProblemDetails(
          .rangeNotSatisfiable,
          detail: "The bundle has \(bundle.size) bytes, and the range begins behind them."
        )
      )
      response.headers[.contentRange] = "bytes */\(bundle.size)"
      response.headers[.acceptRanges] = "bytes"
      return response
    }
  }

  private func fields(_ tag: EntityTag) -> HTTPFields {
    [.eTag: tag.text, .cacheControl: Self.immutable]
  }

  /// Reads a chunk when the one before is on its way: a slow client holds one, not the file.
  private func body(_ bundle: OpenBundle, _ first: UInt64, _ count: UInt64) -> ResponseBody {
    ResponseBody(contentLength: Int(count)) { writer in
      var position = first
      let end = first + count
      while position < end {
        let size = Int(min(UInt64(OpenBundle.chunkSize), end - position))
        try await writer.write(try await bundle.read(from: position, count: size))
        position += UInt64(size)
      }
      try await writer.finish(nil)
    }
  }
}
