import ProjectModel

/// What a proxy asks in the query of `/_session/check`: whether the browser has a privilege, or may do
/// something with a resource of 4D's.
///
/// It is read strictly: a parameter that was misspelled would let everybody in.
struct WebQuestion: Sendable {
  /// A question that cannot be answered.
  struct Failure: Error, Hashable {
    let sentence: String
  }

  private static let names: Set = ["privilege", "resource", "action", "login"]
  /// Anybody may ask, and each demand costs a look at the sessions.
  private static let mostDemands = 32

  /// What a parameter is given, each value once.
  private struct Values {
    private(set) var all: [String] = []
    private var known: Set<String> = []

    mutating func add(_ value: String) {
      if known.insert(value).inserted { all.append(value) }
    }
  }

  /// What has to hold, all of it; `nil` where the question names nothing.
  let demands: [WebRules.Demand]?
  /// Where a guest is sent in place of 401.
  let login: String?

  init(_ target: RequestTarget) throws(Failure) {
    var values: [String: Values] = [:]
    for parameter in target.resource.dropFirst(target.path.count + 1).split(separator: "&") {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard Self.names.contains(name), parts.count == 2 else {
        throw Failure(
          sentence: "The question has privilege=, resource= with action=, and login=, and no other "
            + "parameters."
        )
      }
      guard let value = PercentCode.decode(parts[1]) else {
        throw Failure(sentence: "The value of \(name) is not escaped as it should be.")
      }
      values[name, default: Values()].add(value)
    }
    func all(_ name: String) -> [String] { values[name]?.all ?? [] }
    let (privileges, resources, actions) = (all("privilege"), all("resource"), all("action"))
    guard
      [privileges.count, resources.count, actions.count].allSatisfy({ $0 <= Self.mostDemands }),
      privileges.count + resources.count * actions.count <= Self.mostDemands
    else {
      throw Failure(
        sentence: "A question asks for at most \(Self.mostDemands) things: privileges, and each "
          + "action with each resource."
      )
    }
    let demands =
      privileges.map { WebRules.Demand.holding($0) } + (try Self.allowances(resources, actions))
    self.demands = demands.isEmpty ? nil : demands
    let logins = all("login")
    guard logins.count < 2, logins.allSatisfy({ $0.hasPrefix("/") }) else {
      throw Failure(sentence: "There is one login, a path that begins with a slash.")
    }
    login = logins.first
  }

  /// Every action with every resource.
  private static func allowances(
    _ resources: [String],
    _ actions: [String]
  ) throws(Failure) -> [WebRules.Demand] {
    guard resources.isEmpty == actions.isEmpty else {
      throw Failure(sentence: "A resource and an action stand in the question together.")
    }
    do throws(ResourceFailure) {
      let resources = try resources.map { text throws(ResourceFailure) in
        try ProtectedResource(reading: text)
      }
      let actions = try actions.map { text throws(ResourceFailure) in
        try PermissionAction(reading: text)
      }
      var demands: [WebRules.Demand] = []
      for resource in resources {
        for action in actions {
          demands.append(.allowance(try ResourceAction(asking: action, of: resource)))
        }
      }
      return demands
    } catch {
      let text = error.text
      throw Failure(sentence: text.prefix(1).uppercased() + text.dropFirst() + ".")
    }
  }
}
