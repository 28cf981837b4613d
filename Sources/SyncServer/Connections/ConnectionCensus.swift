import NIOCore
import Synchronization

/// Counts the TCP connections, all and by address.
final class ConnectionCensus: Sendable {
  enum Place: Hashable {
    case free
    /// The address has as many as one may have.
    case crowded
    case none
  }

  private struct Counts {
    var total = 0
    var byAddress: [String: Int] = [:]
  }

  private let limits: ConnectionLimits
  private let counts = Mutex(Counts())

  init(_ limits: ConnectionLimits) { self.limits = limits }

  /// Takes a place for a connection, which `leave` gives back unless there was none.
  func enter(_ address: SocketAddress?) -> Place {
    let network = Self.network(of: address)
    return counts.withLock { counts in
      guard counts.total < limits.total else { return .none }
      guard let network else {
        counts.total += 1
        return .free
      }
      let count = counts.byAddress[network, default: 0]
      guard count < 2 * limits.perAddress else { return .none }
      counts.total += 1
      counts.byAddress[network] = count + 1
      return count < limits.perAddress ? .free : .crowded
    }
  }

  func leave(_ address: SocketAddress?) {
    let network = Self.network(of: address)
    counts.withLock { counts in
      counts.total -= 1
      guard let network, let count = counts.byAddress[network] else { return }
      counts.byAddress[network] = count > 1 ? count - 1 : nil
    }
  }

  /// What is counted as one address; `nil` on loopback, which all accounts of a machine share.
  private static func network(of address: SocketAddress?) -> String? {
    guard let address, let text = address.bareAddress, !Authority.isLoopback(address: text) else {
      return nil
    }
    // Whoever has one address of IPv6 has the whole /64.
    guard text.contains(":"), case .v6(let six) = address else { return text }
    // `sockaddr_in6`: the address behind family, port and flow.
    return withUnsafeBytes(of: six.address) { bytes in
      bytes[8..<16].map { String($0, radix: 16) }.joined(separator: ":")
    }
  }
}
