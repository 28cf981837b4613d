import NIOCore
import NIOPosix
import SyncProtocol

/// Asks the network, round after round, which servers are there.
package struct DiscoveryClient: Sendable {
  private typealias Envelope = AddressedEnvelope<ByteBuffer>
  private typealias Socket = NIOAsyncChannel<Envelope, Envelope>

  private enum Happening: Sendable {
    case answer([UInt8], from: String)
    case roundEnded
    case timeOver
    case socketFailed(String)
  }

  private let port: Int
  private let interval: Duration
  private let isLocal: Bool

  /// - Parameters:
  ///   - port: the port that servers publish on; only those on this one answer (4d-domain §7.1).
  ///   - interval: the time between two rounds.
  ///   - isLocal: this machine alone is asked.
  package init(
    port: Int = Route.defaultPort,
    interval: Duration = .seconds(1),
    isLocal: Bool = false
  ) {
    self.port = port
    self.interval = interval
    self.isLocal = isLocal
  }

  /// Hands over the list whenever it changes, until `changed` returns `false`, the time is over or
  /// the task is cancelled.
  ///
  /// - Returns: the last list.
  /// - Throws: `ClientError` with code `connection` when nothing can be sent or received.
  @discardableResult
  package func watch(
    for time: Duration? = nil,
    _ changed: ([DiscoveredServer]) async throws -> Bool
  ) async throws -> [DiscoveredServer] {
    var random = SystemRandomNumberGenerator()
    let query = DiscoveryQuery(using: &random)
    let socket = try await open()
    return try await socket.executeThenClose { inbound, outbound in
      let (happenings, pour) = AsyncStream.makeStream(
        of: Happening.self,
        bufferingPolicy: .bufferingOldest(4_096)
      )
      return try await withThrowingTaskGroup(of: Void.self) { tasks in
        defer { tasks.cancelAll() }
        tasks.addTask {
          do {
            for try await envelope in inbound {
              guard let host = envelope.remoteAddress.ipAddress else { continue }
              pour.yield(.answer(Array(envelope.data.readableBytesView), from: host))
            }
          } catch {
            pour.yield(.socketFailed("\(error)"))
          }
        }
        tasks.addTask {
          while !Task.isCancelled {
            await send(query, outbound)
            try await Task.sleep(for: interval)
            pour.yield(.roundEnded)
          }
        }
        if let time {
          tasks.addTask {
            try await Task.sleep(for: time)
            pour.yield(.timeOver)
          }
        }
        return try await collect(happenings, query, changed)
      }
    }
  }

  private func collect(
    _ happenings: AsyncStream<Happening>,
    _ query: DiscoveryQuery,
    _ changed: ([DiscoveredServer]) async throws -> Bool
  ) async throws -> [DiscoveredServer] {
    var list = DiscoveredServers()
    for await happening in happenings {
      let before = list.servers
      switch happening {
      case .answer(let datagram, let host):
        guard let answer = DiscoveryAnswer(datagram), answer.nonce == query.nonce else { continue }
        list.take(DiscoveredServer(answer, from: host))
      case .roundEnded: list.endRound()
      case .timeOver: return list.servers
      case .socketFailed(let reason):
        throw ClientError(.connection, "Discovery answers cannot be received: \(reason).")
      }
      if list.servers != before, try await !changed(list.servers) { break }
    }
    return list.servers
  }

  private func send(
    _ query: DiscoveryQuery,
    _ outbound: NIOAsyncChannelOutboundWriter<Envelope>
  ) async {
    for host in isLocal ? [BroadcastAddresses.own] : BroadcastAddresses.all() {
      guard let address = try? SocketAddress(ipAddress: host, port: port) else { continue }
      // A network that cannot be reached now says nothing about the others, nor about the next round.
      try? await outbound.write(
        Envelope(remoteAddress: address, data: ByteBuffer(bytes: query.datagram))
      )
    }
  }

  private func open() async throws(ClientError) -> Socket {
    do {
      return try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.socketOption(.so_broadcast), value: 1)
        .bind(host: "0.0.0.0", port: 0) { channel in
          channel.eventLoop.makeCompletedFuture {
            try Socket(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw ClientError(.connection, "No discovery query can be sent from this machine: \(error).")
    }
  }
}
