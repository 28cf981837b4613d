import CSpawn
import Foundation
import Synchronization

/// A program under way: its output as lines, its end as a status.
///
/// Started by `posix_spawn` with nothing inherited: of the many programs that the tests start at once
/// none must hold another's output, or that output would never end.
package final class RunningProgram: Sendable {
  package var pid: Int32 { child.pid }
  private let child: ChildProcess
  private let seen: SeenOutput
  /// The near end of the program's terminal.
  private let terminal: Int32?

  package init(_ program: String, _ arguments: [String], in folder: String? = nil) throws {
    let command =
      folder.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0, program] } ?? [program]
    let (pid, output, errors) = try Self.starting.withLock {
      let output = try Self.pipe()
      let errors = try Self.pipe()
      let ends = Ends.pipes(output: output.writing, errors: errors.writing)
      let pid = try Self.spawn(command + arguments, ends)
      close(output.writing)
      close(errors.writing)
      return (pid, output.reading, errors.reading)
    }
    child = ChildProcess(pid)
    terminal = nil
    seen = Self.watch(child, output, errors)
  }

  /// Starts a program on a terminal of its own, where somebody types; all that it prints is its output.
  package init(onTerminal program: String, _ arguments: [String]) throws {
    let (pid, near, reading) = try Self.starting.withLock {
      let near = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
      var lock: Int32 = 0
      var number: UInt32 = 0
      guard near >= 0, ioctl(near, Self.lockTerminal, &lock) == 0,
        ioctl(near, Self.terminalNumber, &number) == 0
      else { throw POSIXError(.ENXIO) }
      let pid = try Self.spawn([program] + arguments, .terminal("/dev/pts/\(number)"))
      return (pid, near, fcntl(near, F_DUPFD_CLOEXEC, 0))
    }
    child = ChildProcess(pid)
    terminal = near
    seen = Self.watch(child, reading, nil)
  }

  deinit {
    child.send(SIGKILL)
    if let terminal { close(terminal) }
  }

  /// Runs a program that takes a moment to its end, and blocks: for those who cannot suspend.
  package static func status(of program: String, _ arguments: [String]) throws -> Int32 {
    ChildProcess(try starting.withLock { try spawn([program] + arguments, .nowhere) }).wait()
  }

  private static func watch(
    _ child: ChildProcess,
    _ output: Int32,
    _ errors: Int32?
  ) -> SeenOutput {
    let seen = SeenOutput()
    Thread.detachNewThread {  // check:allow(detached) a blocking read of the test's own
      read(output) { seen.take(output: $0) }
      seen.endOutput()
    }
    Thread.detachNewThread {  // check:allow(detached) a blocking read and wait of the test's own
      if let errors { read(errors) { seen.take(errors: $0) } }
      seen.end(status: child.wait())
    }
    return seen
  }

  package var output: String { seen.output }
  package var errors: String { seen.errors }

  /// The next line of standard output; `nil` when it has ended.
  package func line() async -> String? { await waiting { await seen.line() } }

  /// The next line that contains a text; `nil` when the output ends without one.
  package func line(containing text: String) async -> String? {
    while let line = await line() {
      if line.contains(text) { return line }
    }
    return nil
  }

  /// Whether a text comes on standard error: waits for it, or for the program's end.
  ///
  /// The two outputs are read apart: what the program wrote there before a line of standard output
  /// may be seen after it.
  package func complains(of text: String) async -> Bool {
    await waiting { await seen.finds(text, in: .errors) }
  }

  /// Waits until the output contains a text, also one without a line's end behind it.
  ///
  /// - Returns: `false` when the output ends without it.
  package func prints(_ text: String) async -> Bool {
    await waiting { await seen.finds(text, in: .output) }
  }

  /// Types on the program's terminal; U+0003 and U+0004 are ctrl-C and the end of input.
  package func type(_ text: String) {
    let bytes = Array(text.utf8)
    if let terminal { _ = Glibc.write(terminal, bytes, bytes.count) }
  }

  /// Sends a signal; nothing where the program has ended.
  package func send(_ signal: Int32) { child.send(signal) }

  /// Waits for the end and for all output.
  package func exitStatus() async -> Int32 { await waiting { await seen.exitStatus() } }

  /// A test whose time is over ends its programs: it would wait for them for ever.
  private func waiting<Value>(_ body: () async -> Value) async -> Value {
    await withTaskCancellationHandler {
      await body()
    } onCancel: {
      child.send(SIGKILL)
    }
  }

  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// One program is started at a time: between `pipe` and `fcntl` another could inherit an end.
  private static let starting = NSLock()

  /// The tests' own, but for the account's folder of states: what the programs remember goes nowhere.
  private static let environment: [String] = {
    let folder = URL.temporaryDirectory.appending(path: "syncd-e2e-state-\(getpid())").path
    let own = ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": folder]) { $1 }
    return own.map { "\($0)=\($1)" }
  }()

  /// What a program reads and writes.
  private enum Ends {
    case pipes(output: Int32, errors: Int32)
    case terminal(String)
    case nowhere
  }

  private static func spawn(_ command: [String], _ ends: Ends) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var flags = POSIX_SPAWN_SETSIGMASK
    switch ends {
    case .pipes(let output, let errors):
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, output, 1)
      posix_spawn_file_actions_adddup2(&actions, errors, 2)
    case .terminal(let name):
      // The first terminal that the head of a session opens is that session's: ctrl-C works.
      flags |= newSession
      posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    case .nowhere:
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    }
    // Foundation opens what it writes without close-on-exec: a program started meanwhile would have
    // another test's file open for writing, and whoever serves that file would wait for its end.
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
    // What the tests' threads block is nothing to a program: a shell would wait for ever.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for variable in variables { free(variable) } }
    let result = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, &variables)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .ENOENT) }
    return pid
  }

  // `TIOCSPTLCK` and `TIOCGPTN` of ioctl_tty(2).
  private static let lockTerminal: UInt = 0x4004_5431
  private static let terminalNumber: UInt = 0x8004_5430

  /// `POSIX_SPAWN_SETSID` of spawn.h.
  private static let newSession: Int32 = 0x80

  private static func read(_ descriptor: Int32, _ take: (String) -> Void) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      take(String(decoding: buffer[..<count], as: UTF8.self))
    }
    close(descriptor)
  }
}
