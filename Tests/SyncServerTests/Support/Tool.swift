import Foundation

/// Other people's programs as peers: curl, openssl, Python.
enum Tool {
  static let hasPeers = ["/usr/bin/curl", "/usr/bin/openssl", "/usr/bin/python3"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Runs a program of the system to its end; its standard error goes with its output.
  static func run(_ program: String, _ arguments: [String]) async throws -> String {
    try await run(["/usr/bin/" + program] + arguments)
  }

  /// Runs a program, named by its path, to its end.
  static func run(_ words: [String]) async throws -> String {
    let (pid, output) = try start(words)
    return try await TestClient.onThread {
      defer { close(output) }
      var text: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = read(output, &part, part.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        text += part.prefix(count)
      }
      wait(for: pid)
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// Starts a program; the caller reads its output, closes it, and waits for its end.
  ///
  /// Not by Foundation's `Process`, which crashes now and then where many are started at once from a
  /// process with many descriptors.
  static func start(_ words: [String]) throws -> (pid: pid_t, output: Int32) {
    starting.lock()
    defer { starting.unlock() }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, words[0], &actions, nil, &arguments, environ)
    guard result == 0 else {
      close(ends[0])
      throw POSIXError(POSIXErrorCode(rawValue: result) ?? .ENOENT)
    }
    return (pid, ends[0])
  }

  static func wait(for pid: pid_t) {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  /// One at a time: between `pipe` and `fcntl` another program could inherit an end.
  private static let starting = NSLock()

  /// Makes a self-signed pair `cert.pem`, `key.pem` in a folder, the key for its owner alone.
  static func makePair(
    in folder: String,
    names: String = "DNS:localhost,IP:127.0.0.1",
    key: [String] = ["-newkey", "rsa:2048"]
  ) async throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = try await run(
      "openssl",
      ["req", "-x509", "-nodes", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"]
        + ["-subj", "/CN=test", "-days", "30", "-addext", "subjectAltName=" + names] + key
    )
    chmod(folder + "/key.pem", 0o600)
  }

  /// A TLS client in Python: `ask(text)` sends text and returns what comes until the end, or says
  /// that the end was none that TLS knows.
  static let tlsClient = """
    import socket, ssl, sys
    port = int(sys.argv[1])
    def connect(port=port):
        c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
        raw = socket.create_connection(('127.0.0.1', port), timeout=20)
        return c.wrap_socket(raw, server_hostname='localhost', suppress_ragged_eofs=False)
    def end(s):
        all = b''
        try:
            while True:
                part = s.recv(65536)
                if not part: return all.decode()
                all += part
        except ssl.SSLEOFError: return all.decode() + 'CUT'
    def ask(text, port=port):
        s = connect(port); s.sendall(text.replace('PORT', str(port)).encode()); return end(s)

    """
}
