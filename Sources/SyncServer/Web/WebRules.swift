import ProjectModel

/// Which path needs what: the first rule that matches counts, and without one nobody
/// gets in.
struct WebRules: Hashable, Sendable {
  enum Demand: Hashable, Sendable {
    /// Everybody gets in.
    case guest
    case privilege(String)
    /// Who may do this with a resource of 4D's, by the permissions of `roles.json`.
    case allowance(ResourceAction)
    case nobody

    /// What a privilege's name asks for.
    static func holding(_ name: String) -> Demand {
      Roles.isGuest(name) ? .guest : .privilege(name)
    }
  }

  /// Why a rule file is not used.
  struct Failure: Error, Hashable {
    /// Counted from 1.
    let line: Int
    let text: String
  }

  private struct Rule: Hashable {
    let pattern: WebPattern
    let demand: Demand
  }

  private let rules: [Rule]
  /// Where a guest is sent that has not got the privilege.
  let login: String?

  /// Without a rule file the whole folder is open, as in 4D.
  static let open = WebRules(rules: [], login: nil, otherwise: .guest)
  /// With one that was never readable nothing is.
  static let closed = WebRules(rules: [], login: nil, otherwise: .nobody)
  private let otherwise: Demand

  private init(rules: [Rule], login: String?, otherwise: Demand) {
    self.rules = rules
    self.login = login
    self.otherwise = otherwise
  }

  /// Reads a rule file: a pattern and what it asks for a line, `login PATH`, and comments behind
  /// `#`.
  ///
  /// - Throws: the first line that is none of these; also for a file without any rule, which is
  ///   one that somebody is about to write.
  init(reading bytes: [UInt8]) throws(Failure) {
    // Some editors mark UTF-8 with it.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(line: 1, text: "the file is no UTF-8 text")
    }
    var rules: [Rule] = []
    var login: (path: WebPath, text: String, line: Int)?
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      if first == "login", words.count == 2 {
        guard login == nil else {
          throw Failure(line: index + 1, text: "there is a login already")
        }
        login = (try Self.login(words[1], line: index + 1), String(words[1]), index + 1)
      } else {
        rules.append(try Self.rule(words, line: index + 1))
      }
    }
    guard !rules.isEmpty else { throw Failure(line: 1, text: "there is no rule in the file") }
    self.init(rules: rules, login: login?.text, otherwise: .nobody)
    guard let login else { return }
    // A browser would be sent there for ever.
    for path in [login.path, login.path.file(index: WebFolder.index)]
    where demand(on: path) != .guest {
      let closed = path == login.path ? login.text : login.text + WebFolder.index
      throw Failure(line: login.line, text: "guests may not see \(closed): give it to guest")
    }
  }

  private static func login(_ word: Substring, line: Int) throws(Failure) -> WebPath {
    guard let path = WebPath(word), !word.contains(where: { "?#".contains($0) }) else {
      throw Failure(
        line: line,
        text: "'\(word)' is no path: it begins with a slash, and has no query"
      )
    }
    return path
  }

  /// Whether a path shows the login: its page, or the folder that it turns out to be.
  ///
  /// Nobody is sent from there to the login.
  func isLogin(_ path: WebPath) -> Bool {
    guard let login = login.flatMap({ WebPath($0) }) else { return false }
    return path.parts == login.parts || path.parts == login.parts + [WebFolder.index]
  }

  private static func rule(_ words: [Substring], line: Int) throws(Failure) -> Rule {
    guard (2...3).contains(words.count), words[0] != "login" else {
      throw Failure(
        line: line,
        text: "a line is a pattern and a privilege, or a pattern, an action and a resource, or "
          + "login and a path"
      )
    }
    guard let pattern = WebPattern(words[0]) else {
      throw Failure(
        line: line,
        text: "'\(words[0])' is no pattern: it begins with a slash, and ** stands at its end alone"
      )
    }
    guard words.count == 3 else {
      guard !ResourceAction.isResource(words[1]) else {
        throw Failure(line: line, text: "an action stands before \(words[1])")
      }
      return Rule(pattern: pattern, demand: .holding(String(words[1])))
    }
    do throws(ResourceFailure) {
      let wanted = try ResourceAction(action: words[1], resource: words[2])
      return Rule(pattern: pattern, demand: .allowance(wanted))
    } catch {
      throw Failure(line: line, text: error.text)
    }
  }

  /// What a path asks for.
  ///
  /// A rule that opens a path means exactly that one. A rule that asks for a privilege means every
  /// spelling in upper and lower case, and of letters with accents: the server behind a proxy may not
  /// tell them apart.
  func demand(on path: WebPath) -> Demand {
    let folded = path.folded
    let rule = rules.first { rule in
      rule.pattern.matches(path, folded: rule.demand == .guest ? nil : folded)
    }
    return rule?.demand ?? otherwise
  }
}
