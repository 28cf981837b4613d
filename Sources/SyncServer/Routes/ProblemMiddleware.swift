import HTTPTypes
import Hummingbird
import Logging
import SyncProtocol

/// Turns whatever a route throws into a problem with one clear sentence.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = CallContext

  @concurrent func handle(
    _ request: Request,
    context: CallContext,
    next: @concurrent (Request, CallContext) async throws -> Response
  ) async throws -> Response {
    do {
      // The router leaves empty parts out: the gate and it would see two resources in one path.
      guard RequestTarget.isExact(request.uri.path) else { throw HTTPError(.notFound) }
      return try await next(request, context)
    } catch let problem as ProblemDetails {
      return Response(problem: problem)
    } catch let error as HTTPError where error.status == .notFound {
      return Response(
        problem: ProblemDetails(
          .notFound,
          detail: "There is no \(request.uri.path); \(Route.hello) is where to begin."
        )
      )
    } catch let error as HTTPError where error.status == .contentTooLarge {
      return Response(
        problem: BodyLimit.refusal(for: request.uri.path)
      )
    } catch {
      context.logger.error("A request failed", metadata: ["error": "\(error)"])
      return Response(
        problem: ProblemDetails(
          .internalError,
          detail: "The request failed inside the server; its log says why."
        )
      )
    }
  }
}
