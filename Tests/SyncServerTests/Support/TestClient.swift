import Foundation
import Synchronization

/// What went wrong on a test's own side of a connection.
enum TestClientError: Error {
  case noConnection(Int32)
  case closed
  case timeout
  case malformed(String)
}

/// A client that says exactly what a test wants, byte for byte, over TCP or a unix socket.
final class TestClient: Sendable {
  /// Longer than anything that works takes.
  private static let patience = timeval(tv_sec: 60, tv_usec: 0)

  private let descriptor: Int32
  private let unread = Mutex<[UInt8]>([])

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var patience = Self.patience
    setsockopt(
      descriptor,
      SOL_SOCKET,
      SO_RCVTIMEO,
      &patience,
      socklen_t(MemoryLayout<timeval>.size)
    )
  }

  deinit { close(descriptor) }

  static func tcp(port: Int, receiveBuffer: Int32? = nil) async throws -> TestClient {
    try await onThread {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      if var size = receiveBuffer {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
      }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Self.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard result == 0 else {
        defer { close(descriptor) }
        throw TestClientError.noConnection(errno)
      }
      return TestClient(descriptor)
    }
  }

  /// Connects to a unix socket by its folder, so that the path may be long.
  static func unix(path: String) async throws -> TestClient {
    try await onThread {
      let url = URL(fileURLWithPath: path)
      let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY)
      defer { close(folder) }
      let short = "/proc/self/fd/\(folder)/\(url.lastPathComponent)"
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.utf8) }
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Self.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard result == 0 else {
        defer { close(descriptor) }
        throw TestClientError.noConnection(errno)
      }
      return TestClient(descriptor)
    }
  }

  /// Connects; what another test's child interrupts with its end goes on by itself.
  static func connect(
    _ socket: Int32,
    _ address: UnsafePointer<sockaddr>,
    _ length: socklen_t
  ) -> Int32 {
    guard Glibc.connect(socket, address, length) != 0 else { return 0 }
    guard errno == EINTR else { return -1 }
    var wait = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
    while poll(&wait, 1, -1) < 0, errno == EINTR {}
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &errno, &size)
    return errno == 0 ? 0 : -1
  }

  func send(_ text: String) async throws { try await send(bytes: Array(text.utf8)) }

  func send(bytes: [UInt8]) async throws {
    try await Self.onThread { [descriptor] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if sent < 0, errno == EINTR { continue }
        guard sent > 0 else { throw TestClientError.closed }
        rest = rest.dropFirst(sent)
      }
    }
  }

  /// This side's own port.
  var localPort: Int { Self.localPort(of: descriptor) }

  /// The port of a TCP socket; 0 for any other descriptor.
  static func localPort(of descriptor: Int32) -> Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard address.sin_family == sa_family_t(AF_INET) else { return 0 }
    return Int(in_port_t(bigEndian: address.sin_port))
  }

  /// Closes the sending side alone.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads up to and with the given bytes; what follows stays for the next call.
  func read(through end: String) async throws -> String {
    let mark = Array(end.utf8)
    var taken: [UInt8] = []
    while !taken.hasSuffix(mark) { taken.append(try await nextByte()) }
    return String(decoding: taken, as: UTF8.self)
  }

  func read(count: Int) async throws -> [UInt8] {
    while unread.withLock({ $0.count }) < count { try await fill() }
    return unread.withLock { unread in
      defer { unread.removeFirst(count) }
      return Array(unread.prefix(count))
    }
  }

  /// Reads whatever comes until the server closes.
  func readToEnd() async throws -> [UInt8] {
    do {
      while true { try await fill() }
    } catch TestClientError.closed {
      return unread.withLock { unread in
        defer { unread = [] }
        return unread
      }
    }
  }

  private func nextByte() async throws -> UInt8 {
    while true {
      let byte = unread.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      if let byte { return byte }
      try await fill()
    }
  }

  private func fill() async throws {
    let bytes = try await Self.onThread { [descriptor] in
      var buffer = [UInt8](repeating: 0, count: 65_536)
      // The end of another test's child interrupts the call.
      var count = recv(descriptor, &buffer, buffer.count, 0)
      while count < 0, errno == EINTR { count = recv(descriptor, &buffer, buffer.count, 0) }
      if count > 0 { return Array(buffer.prefix(count)) }
      throw count < 0 && errno == EAGAIN ? TestClientError.timeout : TestClientError.closed
    }
    unread.withLock { $0 += bytes }
  }

  /// Runs what blocks away from the threads that the server's tasks share.
  static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      // Dispatch's queues share their threads with Swift's tasks; a thread of its own starves none.
      Thread { continuation.resume(with: Result { try body() }) }.start()
    }
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
