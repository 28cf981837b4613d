package import ProjectModel
package import SyncProtocol

/// Hashes and checks the passwords of users, on two threads of its own.
///
/// A stored hash is no password here: unlike 4D's `md5_password`, presenting one opens nothing.
package final class PasswordHashing: Sendable {
  package enum Verdict: Hashable, Sendable {
    case verified
    /// Another password, a user without one, or no such user; the time taken does not tell which.
    case wrong
    /// The stored form cannot be checked here: older than 4D 19 R3, or no hash. Set it again.
    case needsReset
  }

  /// The number of new passwords that one edit may set.
  package static let mostHashes = 100
  package static let usualCost = 10

  private let bcrypt: Bcrypt
  private let pool: ThreadPool

  /// - Parameters:
  ///   - cost: the logarithm of the work for a new hash; 10 takes about 0.1 s.
  ///   - threads: how many passwords are worked on at once.
  ///   - places: how many wait at most.
  ///   - crypt: does the work; a test counts it.
  package init(
    cost: Int = PasswordHashing.usualCost,
    threads: Int = 2,
    places: Int = 16,
    crypt: @escaping Bcrypt.Crypt = Bcrypt.byLibrary
  ) {
    bcrypt = Bcrypt(cost: cost, crypt: crypt)
    pool = ThreadPool(threads: threads, places: places)
  }

  /// The bcrypt hash of a new password, `$2b$`.
  ///
  /// - Throws: `semantic-invalid` for an empty password, one over 72 bytes or with a NUL in it;
  ///   `too-many` with `retryAfter` when more wait than there are places.
  package func hash(_ password: ClearPassword) async throws(ProblemDetails) -> String {
    if let refusal = password.refusal { throw ProblemDetails(.semanticInvalid, detail: refusal) }
    let bcrypt = bcrypt
    guard let hash = try await run({ bcrypt.hash(password) }) else {
      throw ProblemDetails(
        .internalError,
        detail: "the password could not be hashed: the system gave no random numbers; try again"
      )
    }
    return hash
  }

  /// The hashes that operations need, one after the other.
  ///
  /// - Throws: as `hash(_:)`; `semantic-invalid` also for more than `mostHashes` passwords.
  package func hashes(
    for operations: [DirectoryOperation]
  ) async throws(ProblemDetails) -> PasswordHashes {
    let passwords = operations.enumerated().compactMap { index, operation in
      operation.passwordToHash.map { (index, $0) }
    }
    guard passwords.count <= Self.mostHashes else {
      throw ProblemDetails(
        .semanticInvalid,
        detail: "one edit sets \(Self.mostHashes) passwords at most: send several edits"
      )
    }
    var hashes: [Int: String] = [:]
    for (index, password) in passwords { hashes[index] = try await hash(password) }
    return PasswordHashes(hashes)
  }

  /// Checks a password against what the directory holds, `nil` for a user who is not there.
  ///
  /// - Throws: `semantic-invalid` for a password over 72 bytes or with a NUL in it, whoever the
  ///   user is; `too-many` with `retryAfter` when more wait than there are places.
  package func verify(
    _ password: ClearPassword,
    against stored: StoredPassword?
  ) async throws(ProblemDetails) -> Verdict {
    if !password.utf8.isEmpty, let refusal = password.refusal {
      throw ProblemDetails(.semanticInvalid, detail: refusal)
    }
    let bcrypt = bcrypt
    return try await run {
      switch stored {
      case .bcrypt(let hash) where Bcrypt.cost(of: hash) <= Bcrypt.highestCost:
        return bcrypt.matches(password, hash) ? .verified : .wrong
      case nil:
        bcrypt.waste(password)
        return .wrong
      case .bcrypt, .legacy, .other:
        bcrypt.waste(password)
        return .needsReset
      }
    }
  }

  private func run<Value: Sendable>(
    _ work: @escaping @Sendable () -> Value
  ) async throws(ProblemDetails) -> Value {
    let value: Value? = await withCheckedContinuation { continuation in
      let isTaken = pool.take { continuation.resume(returning: work()) }
      if !isTaken { continuation.resume(returning: nil) }
    }
    if let value { return value }
    var problem = ProblemDetails(
      .tooMany,
      detail: "too many passwords are being checked: try again in a few seconds"
    )
    problem.retryAfter = 2
    throw problem
  }
}
