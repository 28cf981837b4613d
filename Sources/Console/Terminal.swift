import Foundation
package import ProjectModel
import SyncProtocol
import Synchronization

/// What the programs print, and where.
package enum Terminal {
  /// Whether a person watches standard error.
  package static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Prints a line on standard output, at once.
  package static func say(_ line: String) { write(line + "\n") }

  /// Prints a sentence on standard error, with the program's name before it.
  package static func complain(_ sentence: String) { writeError("\(program): \(sentence)\n") }

  /// The name that the program was started by.
  private static let program: String = {
    let name = CommandLine.arguments.first.map { URL(filePath: $0).lastPathComponent } ?? ""
    return name.isEmpty ? "syncd" : name
  }()

  /// Prints a value as JSON on standard output, at once.
  package static func say(json value: some Encodable) throws {
    put(try WireJSON.encode(value) + Data("\n".utf8))
  }

  package static func write(_ text: String) { put(Data(text.utf8)) }

  package static func writeError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  private static let lost = Atomic(false)

  /// Whether standard output could not take something: a command that prints its result has failed.
  package static var hasLostOutput: Bool { lost.load(ordering: .relaxed) }

  /// Ends the program, as the signal would that is ignored here, when nobody reads on: `| head`.
  ///
  /// What else goes wrong is said once, and the program goes on: there may be room again later.
  private static func put(_ data: Data) {
    let number = StandardFiles.write(data, to: STDOUT_FILENO)
    guard number != 0 else { return }
    if number == EPIPE { exit(128 + SIGPIPE) }
    guard !lost.exchange(true, ordering: .relaxed) else { return }
    complain(
      "Standard output cannot be written (\(String(cString: strerror(number)))): make room, or send "
        + "it to another place."
    )
  }

  /// Prints a line on standard output for whoever still listens.
  package static func announce(_ line: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }

  /// Keeps what a program opens from becoming its standard input, output or error: to be called
  /// first.
  package static func occupyStandardFiles() { StandardFiles.occupy() }

  /// One line for a problem: `warning: FILE:LINE: text`.
  package static func line(for problem: Problem) -> String {
    let place = [problem.file, problem.line.map(String.init)].compactMap(\.self)
      .filter { !$0.isEmpty }.joined(separator: ":")
    let kind = problem.severity == .failure ? "error" : "warning"
    return place.isEmpty ? "\(kind): \(problem.text)" : "\(kind): \(place): \(problem.text)"
  }

  /// A size for people: `812 B`, `21.4 kB`, `7.9 MB`.
  package static func size(_ bytes: UInt64) -> String {
    if bytes < 1_000 { return "\(bytes) B" }
    let (value, unit) =
      bytes < 1_000_000
      ? (Double(bytes) / 1e3, "kB")
      : bytes < 1_000_000_000 ? (Double(bytes) / 1e6, "MB") : (Double(bytes) / 1e9, "GB")
    return String(format: "%.1f %@", value, unit)
  }

  /// A time for people: `0.8 ms`, `41 ms`, `1.2 s`.
  package static func time(milliseconds: Double) -> String {
    if milliseconds < 10 { return String(format: "%.1f ms", milliseconds) }
    return milliseconds < 1_000
      ? String(format: "%.0f ms", milliseconds) : String(format: "%.1f s", milliseconds / 1_000)
  }

  package static func time(_ duration: Duration) -> String {
    time(milliseconds: duration / .milliseconds(1))
  }

  /// `1 member`, `2 members`.
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
