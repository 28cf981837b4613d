package import ProjectModel
import Synchronization

/// Passcodes in this process: they end with it.
package final class EmbeddedPasscodes: PasscodeStore {
  private struct State {
    var passcodes: [Digest: Passcode] = [:]
    var hashes: [SessionID: [Digest]] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  package var count: Int { state.withLock { $0.passcodes.count } }

  package func put(
    _ hash: Digest,
    _ passcode: Passcode,
    most: Int,
    at now: ContinuousClock.Instant,
    _ wall: WallTime
  ) -> Bool {
    state.withLock { state in
      let all = state.hashes[passcode.session] ?? []
      var open = all.filter { state.passcodes[$0]?.isOver(at: now, wall) == false }
      for old in Set(all).subtracting(open) { state.passcodes[old] = nil }
      defer { state.hashes[passcode.session] = open }
      guard open.count < most, state.passcodes[hash] == nil else { return false }
      open.append(hash)
      state.passcodes[hash] = passcode
      return true
    }
  }

  package func has(_ hash: Digest) -> Bool { state.withLock { $0.passcodes[hash] != nil } }

  package func take(_ hash: Digest, where isGood: (Passcode) -> Bool) -> Passcode? {
    guard let passcode = remove(hash), isGood(passcode) else { return nil }
    return passcode
  }

  private func remove(_ hash: Digest) -> Passcode? {
    state.withLock { state in
      guard let passcode = state.passcodes.removeValue(forKey: hash) else { return nil }
      state.hashes[passcode.session]?.removeAll { $0 == hash }
      if state.hashes[passcode.session]?.isEmpty == true { state.hashes[passcode.session] = nil }
      return passcode
    }
  }

  package func forget(_ sessions: [SessionID]) {
    state.withLock { state in
      for session in sessions {
        for hash in state.hashes.removeValue(forKey: session) ?? [] { state.passcodes[hash] = nil }
      }
    }
  }
}
