import Foundation
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

  /// What stands in the path's place for a name, without its escapes; empty for what is no text.
  func parameter(_ name: String) -> String {
    parameters.get(name)?.removingPercentEncoding ?? ""
  }
}
