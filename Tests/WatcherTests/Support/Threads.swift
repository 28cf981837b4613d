import Foundation
import Synchronization

/// Runs blocking work on a thread of its own.
func onThread(_ body: @escaping @Sendable () -> Void) async {
  await withCheckedContinuation { continuation in
    Thread {
      body()
      continuation.resume()
    }.start()
  }
}

/// Calls the body again and again, so many milliseconds apart, as a slow program would.
func paced(_ count: Int, every milliseconds: CInt, _ body: @escaping @Sendable (Int) -> Void) async
{
  await onThread {
    for index in 0..<count {
      body(index)
      poll(nil, 0, milliseconds)
    }
  }
}

/// The same without an end: until its task is cancelled.
func pacedUntilCancelled(
  every milliseconds: CInt,
  _ body: @escaping @Sendable (Int) -> Void
) async {
  let isOver = Mutex(false)
  await withTaskCancellationHandler {
    await onThread {
      var index = 0
      while !isOver.withLock({ $0 }) {
        body(index)
        index += 1
        poll(nil, 0, milliseconds)
      }
    }
  } onCancel: {
    isOver.withLock { $0 = true }
  }
}

/// Runs a program and returns its exit status.
@discardableResult
func run(_ program: String, _ arguments: String..., in folder: String) throws -> Int32 {
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.currentDirectoryURL = URL(filePath: folder)
  process.standardOutput = FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return process.terminationStatus
}
