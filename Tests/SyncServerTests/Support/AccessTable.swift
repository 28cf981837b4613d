import SyncProtocol

/// Who may call what: every resource, and what each grade of caller gets.
enum AccessTable {
  enum Grade: String, CaseIterable {
    case sameMachine, socketGroup, development, remote, anonymous
  }

  enum Answer {
    /// Let in, whatever the resource then says.
    case yes
    case no(ProblemType)
  }

  struct Row {
    let method: String
    let path: String
    /// In the order of the grades.
    let answers: [Answer]

    init(_ method: String, _ path: String, _ answers: Answer...) {
      (self.method, self.path, self.answers) = (method, path, answers)
    }
  }

  private static let login = Answer.no(.authenticationRequired)
  private static let here = Answer.no(.sameMachineOnly)
  private static let readOnly = Answer.no(.readOnly)
  private static let refused = Answer.no(.developmentModeRefused)

  static let rows = [
    Row("GET", Route.hello, .yes, .yes, .yes, .yes, .yes),
    // A unix socket has no ports to prove anything with, and needs no proof.
    Row("GET", Route.proof, here, here, .yes, .yes, .yes),
    Row("POST", Route.proof, .yes, .yes, .yes, .yes, .yes),
    Row("POST", Route.reload, .yes, .yes, here, here, here),
    Row("GET", Route.status, .yes, .yes, here, here, here),
    Row("GET", Route.live, .yes, here, here, here, here),
    Row("GET", Route.ready, .yes, here, here, here, here),
    Row("GET", Route.metrics, .yes, here, here, here, here),
    Row("GET", Route.clients, .yes, here, here, here, here),
    Row("POST", Route.clientMessages, .yes, here, here, here, here),
    Row("GET", Route.clientAdmission, .yes, here, here, here, here),
    Row("PUT", Route.clientAdmission, .yes, here, here, here, here),
    Row("DELETE", "\(Route.clients)/c1", .yes, here, here, here, here),
    Row("POST", Route.barriers, .yes, .yes, .yes, readOnly, login),
    Row("GET", Route.barrierWait, .yes, .yes, .yes, refused, login),
    Row("GET", Route.catalog, .yes, login, .yes, refused, login),
    Row("POST", Route.catalogOperations, .yes, login, .yes, readOnly, login),
    Row("GET", Route.locks, .yes, login, .yes, refused, login),
    // A lock belongs to a session: the same machine needs one too.
    Row("POST", Route.locks, login, login, .yes, readOnly, login),
    Row("DELETE", "\(Route.locks)/l1", login, login, .yes, readOnly, login),
    Row("GET", Route.ownSession, login, login, .yes, .yes, login),
    Row("DELETE", Route.ownSession, login, login, .yes, .yes, login),
    // Let in and refused for want of a challenge.
    Row("POST", Route.ownDevelopment, login, login, .yes, refused, login),
  ]

  /// Open to everybody until the Designer has a password.
  static let clientRows =
    [
      Route.currentGeneration, "\(Route.generations)/abc:1", Route.currentInventory,
      "\(Route.manifests)/\(ServerFixture.digest)", "\(Route.bundles)/\(ServerFixture.digest)",
      "\(Route.deltas)/\(ServerFixture.digest)/\(ServerFixture.digest)", Route.events,
    ].map { Row("GET", $0, .yes, .yes, .yes, .yes, .yes) } + [
      Row("POST", Route.sessions, .yes, .yes, .yes, .yes, .yes)
    ]

  static let protectedRows = clientRows.map { row in
    // A session is opened with a user and a password, which these requests do not have.
    row.method == "POST"
      ? Row(row.method, row.path, .yes, login, login, login, login)
      : Row(row.method, row.path, .yes, login, .yes, .yes, login)
  }
}
