import Foundation
import Synchronization

/// A listening socket of the test that passes bytes on, or plays a server of its own.
final class Relay: Sendable {
  /// Everything that clients sent so far.
  private let received = Mutex<[UInt8]>([])
  private let listening: Int32
  let port: Int

  var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }

  /// Passes every byte on to a port of this machine, both ways.
  convenience init(to target: Int) throws {
    try self.init { client, relay in
      let server = try Self.connect(to: target)
      Thread { relay.pump(from: server, to: client) }.start()
      relay.pump(from: client, to: server)
    }
  }

  /// Answers each request with the next of the given answers, and then goes on reading.
  convenience init(answers: [String]) throws {
    try self.init { client, relay in
      var rest = answers[...]
      var seen = 0
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = Self.receive(from: client, &buffer)
        guard count > 0 else { break }
        relay.received.withLock { $0 += buffer.prefix(count) }
        let requests = relay.text.components(separatedBy: "HTTP/1.1\r\n").count - 1
        while seen < requests, let answer = rest.popFirst() {
          seen += 1
          let bytes = Array(answer.utf8)
          _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
      }
      close(client)
    }
  }

  private init(serve: @escaping @Sendable (Int32, Relay) throws -> Void) throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = Self.address(0)
    let bound = Self.pass(&address) { bind(socket, $0, $1) }
    guard bound == 0, listen(socket, 8) == 0 else { throw TestClientError.noConnection(errno) }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
    }
    listening = socket
    port = Int(in_port_t(bigEndian: address.sin_port))
    Thread { [self] in
      var client = accept(listening, nil, nil)
      while client < 0, errno == EINTR { client = accept(listening, nil, nil) }
      if client >= 0 { try? serve(client, self) }
      close(listening)
    }.start()
  }

  /// The end of another test's child interrupts the call.
  private static func receive(from socket: Int32, _ buffer: inout [UInt8]) -> Int {
    var count = recv(socket, &buffer, buffer.count, 0)
    while count < 0, errno == EINTR { count = recv(socket, &buffer, buffer.count, 0) }
    return count
  }

  private func pump(from: Int32, to: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = Self.receive(from: from, &buffer)
      guard count > 0 else { break }
      _ = send(to, buffer, count, Int32(MSG_NOSIGNAL))
    }
    shutdown(from, Int32(SHUT_RDWR))
    shutdown(to, Int32(SHUT_RDWR))
  }

  private static func connect(to port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = address(port)
    guard pass(&address, { TestClient.connect(descriptor, $0, $1) }) == 0 else {
      throw TestClientError.noConnection(errno)
    }
    return descriptor
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return address
  }

  private static func pass(
    _ address: inout sockaddr_in,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
