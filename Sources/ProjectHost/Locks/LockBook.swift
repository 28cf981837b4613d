package import SyncProtocol

/// The locks that are held, and the rules of who may have which (4d-domain §3.4).
package struct LockBook: Sendable {
  private static let mostOfASession = 1_000

  /// In the order in which they were given.
  package private(set) var records: [LockRecord] = []

  package init() {}

  /// Gives a lock; an owner that has it already gets the same record.
  ///
  /// - Throws: `bad-request` for a target that cannot exist, `locked` with the record in the way.
  package mutating func lock(
    _ target: LockTarget,
    for owner: LockOwner,
    id: @autoclosure () -> String,
    since: @autoclosure () -> String
  ) throws(ProblemDetails) -> LockRecord {
    try target.check()
    if let held = records.first(where: {
      $0.owner.session == owner.session && $0.target.isSame(as: target)
    }) {
      return held
    }
    if let held = records.first(where: {
      $0.owner.session != owner.session && $0.target.excludes(target)
    }) {
      throw Self.refusal(held)
    }
    guard records.count(where: { $0.owner.session == owner.session }) < Self.mostOfASession else {
      throw ProblemDetails(
        .tooMany,
        detail: "A session has at most \(Self.mostOfASession) locks: let go of some."
      )
    }
    let record = LockRecord(id: id(), target: target, owner: owner, since: since())
    records.append(record)
    return record
  }

  /// Ends a lock of the session's own.
  ///
  /// - Throws: `not-found` for an id that is not held, `locked` for another session's lock.
  package mutating func unlock(id: String, by session: String) throws(ProblemDetails) {
    guard let index = records.firstIndex(where: { $0.id == id }) else {
      throw ProblemDetails(
        .notFound,
        detail: "There is no such lock: it has ended, list the locks."
      )
    }
    guard records[index].owner.session == session else { throw Self.refusal(records[index]) }
    records.remove(at: index)
  }

  /// Ends every lock of a session.
  package mutating func release(session: String) {
    records.removeAll { $0.owner.session == session }
  }

  private static func refusal(_ held: LockRecord) -> ProblemDetails {
    var problem = ProblemDetails(
      .locked,
      detail: "\(held.target.words) locked by \(held.owner.userName)"
        + (held.owner.machineName.isEmpty ? "" : " on \(held.owner.machineName)")
        + " since \(held.since): wait, or ask them to let go."
    )
    problem.lock = held
    return problem
  }
}

extension LockTarget {
  /// How a sentence names it.
  fileprivate var words: String {
    switch kind {
    case .method: "The method \(name ?? "") is"
    case .form: "The form \(name ?? "") is"
    case .page: "The toolbox page \(name ?? "") is"
    case .settings: "The database settings are"
    case .compile: "The compiler is"
    }
  }

  /// 4D and the file systems of its clients take upper and lower case for the same name, and so two
  /// spellings of one accent.
  fileprivate func isSame(as other: LockTarget) -> Bool {
    kind == other.kind && folded == other.folded
  }

  private var folded: String { (name ?? "").lowercased() }

  /// A form covers everything in its folder.
  fileprivate func excludes(_ other: LockTarget) -> Bool {
    switch (kind, other.kind) {
    case (.form, .method): other.lies(in: self)
    case (.method, .form): lies(in: other)
    default: isSame(as: other)
    }
  }

  private func lies(in form: LockTarget) -> Bool {
    folded.hasPrefix(form.folded + "/")
  }

  fileprivate func check() throws(ProblemDetails) {
    guard let fault else { return }
    throw ProblemDetails(.badRequest, detail: fault)
  }

  private var fault: String? {
    switch kind {
    case .method:
      isMethodPath
        ? nil
        : "A method is locked by the path of its .4dm file in Project/Sources, or of its .md in Documentation."
    case .form:
      isFormPath
        ? nil : "A form is locked by its folder in Project/Sources/Forms or TableForms/<number>."
    case .page:
      name.flatMap(ToolboxPage.init) != nil
        ? nil
        : "A page is one of \(ToolboxPage.allCases.map(\.rawValue).joined(separator: ", "))."
    case .settings, .compile:
      name == nil ? nil : "A lock on \(kind.rawValue) takes no name: leave it out."
    }
  }

  /// The parts of a relative path; `nil` for one that is none, or climbs.
  private var parts: [Substring]? {
    guard let name, name.utf8.count <= 4096, !name.utf8.contains(where: { $0 < 0x20 }) else {
      return nil
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.contains { $0.isEmpty || $0 == "." || $0 == ".." } ? nil : parts
  }

  private var isMethodPath: Bool {
    guard let parts, let file = parts.last?.lowercased() else { return false }
    if parts.first == "Documentation" {
      return parts.count > 1 && file.hasSuffix(".md") && file != ".md"
    }
    return parts.count > 2 && parts.starts(with: ["Project", "Sources"]) && file.hasSuffix(".4dm")
      && file != ".4dm"
  }

  private var isFormPath: Bool {
    guard let parts, parts.starts(with: ["Project", "Sources"]), parts.count > 3 else {
      return false
    }
    if parts[2] == "Forms" { return parts.count == 4 }
    return parts[2] == "TableForms" && parts.count == 5
      && parts[3].utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
