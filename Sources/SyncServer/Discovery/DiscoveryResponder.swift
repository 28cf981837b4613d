import Glibc
package import Logging
import NIOCore
import NIOPosix
import ProjectModel
package import SyncProtocol

/// Answers discovery queries on the port number of the TCP listener, until cancelled.
package struct DiscoveryResponder: Sendable {
  fileprivate typealias Envelope = AddressedEnvelope<ByteBuffer>
  fileprivate typealias Socket = NIOAsyncChannel<Envelope, Envelope>

  private let publication: Publication
  private let project: any ServedProject
  private let address: ServerAddress
  private let usesTLS: Bool
  private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  private let logger: Logger

  /// Takes the address of the TCP listener, with its real port; nothing is bound yet.
  package init(
    publication: Publication,
    project: any ServedProject,
    address: ServerAddress,
    usesTLS: Bool,
    logger: Logger
  ) {
    self.publication = publication
    self.project = project
    self.address = address
    self.usesTLS = usesTLS
    self.logger = logger
  }

  /// What queries arrive on; it has to be given to `run(on:)`.
  package struct Sockets: Sendable {
    fileprivate let all: [Socket]
  }

  /// Answers until cancelled.
  package func run(on sockets: Sockets) async {
    let sockets = sockets.all
    guard let own = sockets.first else { return }
    let answers = DiscoveryAnswers(
      publication,
      project: project,
      address: address,
      usesTLS: usesTLS,
      hostName: Self.hostName()
    )
    await withDiscardingTaskGroup { tasks in
      for socket in sockets {
        tasks.addTask { await serve(socket, with: answers, through: own.channel) }
      }
    }
  }

  private func serve(
    _ socket: Socket,
    with answers: DiscoveryAnswers,
    through own: any Channel
  ) async {
    let clock = ContinuousClock()
    do {
      try await socket.executeThenClose { inbound, _ in
        for try await query in inbound {
          guard let sender = query.remoteAddress.ipAddress.flatMap({ IPAddress($0) }),
            let answer = await answers.answer(
              to: Array(query.data.readableBytesView),
              from: sender,
              at: clock.now
            )
          else { continue }
          // Lost is lost: who asks asks again.
          try? await own.writeAndFlush(
            Envelope(remoteAddress: query.remoteAddress, data: ByteBuffer(bytes: answer))
          ).get()
        }
      }
    } catch is CancellationError {
      // The server ends.
    } catch {
      logger.warning("Discovery queries are no longer heard", metadata: ["error": "\(error)"])
    }
  }

  /// Binds the sockets: queries that come from now on are answered.
  ///
  /// A server that cannot be discovered still serves: what is in the way is logged.
  package func bind() async -> Sockets {
    let devices = (try? System.enumerateDevices()) ?? []
    guard
      let addresses = DiscoveryAddresses(
        listeningOn: address.host,
        hears4D: publication.announcesTo4D,
        devices: devices
      )
    else { return Sockets(all: []) }
    var sockets: [Socket] = []
    for host in [addresses.own] + addresses.broadcast {
      do {
        // Several servers hear the same broadcast; an address of its own each has alone.
        sockets.append(try await bind(host, isShared: host != addresses.own))
      } catch {
        logger.warning(
          "Discovery queries are not heard: the UDP port cannot be bound",
          metadata: ["address": "\(host):\(address.port)", "error": "\(error)"]
        )
        if sockets.isEmpty { return Sockets(all: []) }
      }
    }
    return Sockets(all: sockets)
  }

  private func bind(_ host: String, isShared: Bool) async throws -> Socket {
    try await DatagramBootstrap(group: group)
      .channelOption(.socketOption(.so_reuseaddr), value: isShared ? 1 : 0)
      .bind(to: try SocketAddress(ipAddress: host, port: address.port)) { channel in
        channel.eventLoop.makeCompletedFuture {
          try CloseOnExec.mark(channel)
          return try Socket(wrappingChannelSynchronously: channel)
        }
      }
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
