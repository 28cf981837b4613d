import Foundation
import TestPrograms

/// A program of the system that speaks to the server, under this account or another one.
enum OtherAccount {
  static let hasPython = FileManager.default.isExecutableFile(atPath: python)
  private static let setpriv = "/usr/bin/setpriv"
  private static let python = "/usr/bin/python3"

  /// Whether this process may become somebody else.
  static let isPossible =
    geteuid() == 0
    && [setpriv, python].allSatisfy {
      FileManager.default.isExecutableFile(atPath: $0)
    }

  static let nobody = 65_534

  /// Runs a Python script.
  ///
  /// - Returns: what it prints.
  static func run(
    _ script: String,
    _ arguments: [String],
    rights: [String] = []
  ) async throws -> String {
    // By its path: what comes first on PATH may be in a folder that others cannot enter.
    let command = rights.isEmpty ? [] : [setpriv] + rights
    let words = command + [python, "-I", "-c", script] + arguments
    let running = try RunningProgram(words[0], Array(words.dropFirst()), in: "/")
    _ = await running.exitStatus()
    return running.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Proves itself at PORT of HOST with the SECRET and prints the status, and the status of a
  /// resource for the same machine alone.
  static let proof = """
    import http.client, json, hmac, hashlib, sys
    port, secret = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
    c = http.client.HTTPConnection(sys.argv[3], port, timeout=60)
    own = {'Host': 'localhost:%d' % port}
    c.request('GET', '/v1/proof', headers=own)
    a = json.loads(c.getresponse().read())
    nonce = 'ab' * 32
    lines = ['syncd-proof-1', 'client', a['serverID'], a['nonce'], nonce, str(port)]
    text = chr(10).join(lines + [str(c.sock.getsockname()[1])]).encode()
    code = hmac.new(secret, text, hashlib.sha256).hexdigest()
    c.request('POST', '/v1/proof', json.dumps({'nonce': nonce, 'code': code}), own)
    r = c.getresponse(); r.read()
    c.request('GET', '/v1/health/live', headers=own)
    s = c.getresponse(); s.read()
    print(r.status, s.status)
    """

  /// Asks each of METHOD:PATH on the unix socket and prints the statuses; `denied` for none.
  static let ask = """
    import http.client, socket, sys
    answers = []
    for call in sys.argv[2:]:
        method, path = call.split(':', 1)
        s = socket.socket(socket.AF_UNIX); s.settimeout(60)
        try: s.connect(sys.argv[1])
        except PermissionError:
            answers.append('denied'); continue
        c = http.client.HTTPConnection('localhost'); c.sock = s
        c.request(method, path)
        answers.append(str(c.getresponse().status))
    print(' '.join(answers))
    """
}
