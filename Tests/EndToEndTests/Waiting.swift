import Foundation
import TestPrograms
import Testing

/// Waits until something is so, as long as the test may take.
func until(_ isSo: () async throws -> Bool) async throws {
  while try await !isSo() {
    // check:allow(sleep): the pause between two looks
    try await Task.sleep(for: .milliseconds(10))
  }
}

/// Starts a program, and anew where it ended because something took too long, until it prints a text.
///
/// A client looks for a name two and a half seconds, and a handshake has ten: no product's fault where
/// the machine is held up.
///
/// - Parameters:
///   - text: what it is to print, once.
///   - first: one that is under way already.
///   - start: starts another one.
/// - Returns: the one that has printed it.
/// - Throws: what `start` throws; an expectation's error when it ended for another reason.
func started(
  _ text: String,
  first: RunningProgram? = nil,
  _ start: () throws -> RunningProgram
) async throws -> RunningProgram {
  var running = try first ?? start()
  while await running.line(containing: text) == nil {
    try Task.checkCancellation()
    let result = await running.result()
    try #require(result.hasFoundNobody || result.isBroken, "\(result)")
    running = try start()
  }
  return running
}

/// Runs a program to its end, and anew where its connection broke.
func unbroken(_ run: () async throws -> Program.Result) async throws -> Program.Result {
  while true {
    let result = try await run()
    guard result.isBroken else { return result }
    try Task.checkCancellation()
  }
}

/// Runs a program to its end, and anew where it found no server or its connection broke.
func found(_ run: () async throws -> Program.Result) async throws -> Program.Result {
  while true {
    let result = try await run()
    guard result.isBroken || result.hasFoundNobody else { return result }
    try Task.checkCancellation()
  }
}

extension RunningProgram {
  /// Waits for the end.
  func result() async -> Program.Result {
    Program.Result(status: await exitStatus(), output: output, errors: errors)
  }
}

extension Program.Result {
  /// Whether a client found no server.
  var hasFoundNobody: Bool { status == 3 }

  /// Whether a client's connection broke, as it does when a side is late.
  var isBroken: Bool {
    status == 1
      && ["does not speak TLS", "broke the connection off", "closed the connection"]
        .contains { (errors + output).contains($0) }
  }
}
