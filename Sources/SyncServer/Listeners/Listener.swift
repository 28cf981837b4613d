import Logging
import NIOCore
import NIOPosix
import SyncProtocol

/// A bound address whose connections are handed to a gate each.
struct Listener: Sendable {
  /// Connections that the kernel keeps waiting: all clients come back at once after a restart.
  private static let backlog: CInt = 4096

  let channel: any Channel

  /// Whether an address is a number: a name might lead anywhere.
  static func isNumeric(_ address: ServerAddress) -> Bool {
    (try? SocketAddress(ipAddress: number(of: address), port: 0)) != nil
  }

  /// Whether only this machine reaches an address.
  static func isLoopback(_ address: ServerAddress) -> Bool {
    Authority.isLoopback(address: number(of: address))
  }

  private static func number(of address: ServerAddress) -> String {
    address.host == "localhost" ? "127.0.0.1" : address.host
  }

  /// Binds a TCP address; `option` is where another one can be named.
  static func tcp(
    _ address: ServerAddress,
    option: String = "--listen",
    on group: any EventLoopGroup,
    setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws(ServerError) -> Listener {
    guard let resolved = try? SocketAddress(ipAddress: number(of: address), port: address.port)
    else {
      throw ServerError(
        .addressInvalid,
        "\(address) is not an address to listen on; \(option) takes 127.0.0.1:PORT, "
          + "or 0.0.0.0:PORT for every address of this machine."
      )
    }
    do {
      return Listener(
        channel: try await bootstrap(group, setUp)
          .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
          .bind(to: resolved)
          .get()
      )
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      let holder = PortHolder.find(port: address.port)
      let who = holder.map { " by pid \($0.pid) (\($0.name))" } ?? ""
      throw ServerError(
        .addressInUse,
        "\(address) is in use\(who); stop that program or choose another address with \(option)."
      )
    } catch {
      throw ServerError(.bindFailed, "\(address) cannot be listened on: \(error).")
    }
  }

  /// Listens on a unix socket that is bound already.
  static func socket(
    _ descriptor: CInt,
    on group: any EventLoopGroup,
    setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> Listener {
    Listener(channel: try await bootstrap(group, setUp).withBoundSocket(descriptor).get())
  }

  private static func bootstrap(
    _ group: any EventLoopGroup,
    _ setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try CloseOnExec.mark(channel) }
      }
      // A client may close its side after its last request and still gets the answer.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer(setUp)
  }

  func close() async { try? await channel.close().get() }
}
