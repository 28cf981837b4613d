import HTTPTypes
import Hummingbird
package import ProjectHost
package import ProjectModel
import SyncProtocol

/// How an owned file is read and edited over HTTP: `GET path` and `POST path/ops`.
package struct OwnedFileRoutes: Sendable {
  let endpoints: [Endpoint]

  /// Serves a file at a path of the API.
  package init<Document: OwnedDocument>(_ file: any OwnedFileEditing<Document>, at path: String) {
    endpoints = [
      .read(path, .development) { request, _ in
        let state = try await file.state()
        return try EntityTag(quoting: state.revision).answer(state, to: request)
      },
      Endpoint(
        path: path + "/ops",
        access: .development,
        methods: [
          .post: { request, context in try await Self.edit(file, request, context.caller) }
        ]
      ),
    ]
  }

  private static func edit<Document: OwnedDocument>(
    _ file: any OwnedFileEditing<Document>,
    _ request: Request,
    _ caller: Caller
  ) async throws -> Response {
    let revision = try revision(in: request.headers[values: .ifMatch])
    let edit = try await request.json(
      EditRequest<Document.Operation>.self,
      shape: "\"op_id\" and \"operations\""
    )
    try check(edit)
    let result = try await file.apply(
      edit,
      to: revision,
      isLenient: isLenient(request.headers),
      author: caller.author
    )
    var response = try Response(json: result)
    response.headers[.eTag] = EntityTag(quoting: result.revision).text
    return response
  }

  private static func check<Operation>(
    _ edit: EditRequest<Operation>
  ) throws(ProblemDetails) {
    let isName = edit.opID.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    guard isName, (1...64).contains(edit.opID.utf8.count) else {
      throw ProblemDetails(
        .badRequest,
        detail: "op_id has 1 to 64 letters, digits, \"-\" and \"_\"."
      )
    }
    guard edit.operations.count <= EditRequest<Operation>.mostOperations else {
      throw ProblemDetails(
        .badRequest,
        detail: "An edit has at most \(EditRequest<Operation>.mostOperations) operations, "
          + "and this one \(edit.operations.count)."
      )
    }
  }

  /// The one revision that `If-Match` names; `nil` without the field.
  private static func revision(in values: [String]) throws(ProblemDetails) -> String? {
    guard let value = values.first else { return nil }
    let content = value.dropFirst().dropLast()
    guard values.count == 1, value.utf8.count > 2, value.hasPrefix("\""), value.hasSuffix("\""),
      content.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
    else {
      throw ProblemDetails(
        .badRequest,
        detail: "If-Match names one revision in quotes, as ETag gave it: "
          + "neither *, nor a weak tag, nor a list."
      )
    }
    return String(content)
  }

  private static func isLenient(_ headers: HTTPFields) -> Bool {
    guard let prefer = HTTPField.Name("Prefer") else { return false }
    return headers[values: prefer].flatMap { $0.split(separator: ",") }.contains { preference in
      preference.filter { !$0.isWhitespace }.lowercased() == "handling=lenient"
    }
  }
}
