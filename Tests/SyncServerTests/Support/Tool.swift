import Foundation
import TestPrograms

/// Other people's programs as peers: curl, openssl, Python.
enum Tool {
  static let hasPeers = ["/usr/bin/curl", "/usr/bin/openssl", "/usr/bin/python3"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Runs a program to its end; its standard error goes with its output.
  static func run(_ program: String, _ arguments: [String]) async throws -> String {
    let running = try RunningProgram("/usr/bin/" + program, arguments)
    _ = await running.exitStatus()
    return running.output + running.errors
  }

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
        raw = socket.create_connection(('127.0.0.1', port), timeout=60)
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
