import Hummingbird
import Logging

/// What a route knows beside the request: who asks.
struct CallContext: RequestContext {
  struct Source: RequestContextSource {
    let logger: Logger
    let connection: ConnectionIdentity
  }

  var coreContext: CoreRequestContextStorage
  let connection: ConnectionIdentity
  /// Set before a route sees the context.
  var caller: Caller

  init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    connection = source.connection
    caller = Caller(connection: connection.grade, session: nil)
  }
}
