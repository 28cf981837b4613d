import Bundler
import Glibc
import ProjectModel
package import SyncProtocol

/// The durable count of generations: a number is in it before any client hears of it.
///
/// One line a generation, appended and synced: the first 16 digits of the line's SHA-256, a space,
/// the record as JSON. A torn last line was never announced and is dropped; a file without one
/// sound line cannot be trusted and a new epoch begins.
package struct GenerationLog: ~Copyable {
  private static let checksumDigits = 16
  private static let mostRecent = 64
  private static let longestBeforeCompaction = 4 * 1024 * 1024

  private var descriptor: Int32
  private let path: String
  /// The newest records, the last one last; what is older is not asked for any more.
  package private(set) var recent: [GenerationRecord]
  private var epoch: UInt64
  private var length: Int

  /// Opens or creates the log.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - newEpoch: draws a random epoch, used only when there is none to go on with.
  /// - Throws: `HostError` with code `generationLog`.
  package init(path: String, newEpoch: () -> UInt64) throws(HostError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path) }
    let (records, sound) = Self.records(in: Self.contents(descriptor))
    guard ftruncate(descriptor, off_t(sound)) == 0 else {
      let error = Self.failure(path)
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
    recent = records
    epoch = records.last.flatMap { UInt64($0.epoch, radix: 16) } ?? newEpoch()
    length = sound
  }

  deinit { close(descriptor) }

  package var last: GenerationRecord? { recent.last }

  /// The number that the next generation gets.
  package var next: GenerationID { GenerationID(epoch: epoch, gen: (last?.gen ?? 0) + 1) }

  /// Makes a record durable.
  ///
  /// - Throws: `HostError` with code `generationLog`; the log is then as it was before.
  package mutating func append(_ record: GenerationRecord) throws(HostError) {
    guard let json = try? WireJSON.encode(record) else {
      throw HostError(.generationLog, "the generation record cannot be encoded for \(path)")
    }
    let body = Array(json)
    let line = Array(Self.checksum(body).utf8) + [0x20] + body + [0x0A]
    if length > Self.longestBeforeCompaction {
      try startOver(with: line)
    } else {
      guard pwrite(descriptor, line, line.count, off_t(length)) == line.count,
        fdatasync(descriptor) == 0
      else {
        let error = Self.failure(path)
        _ = ftruncate(descriptor, off_t(length))
        throw error
      }
      length += line.count
    }
    recent.append(record)
    if recent.count > Self.mostRecent { recent.removeFirst() }
  }

  /// Replaces the file by one that holds only `line`: older lines say nothing any more.
  private mutating func startOver(with line: [UInt8]) throws(HostError) {
    do {
      try SmallFile.replace(path, with: line)
    } catch {
      throw Self.failure(path, error.reason)
    }
    let fresh = open(path, O_RDWR | O_CLOEXEC)
    guard fresh >= 0 else { throw Self.failure(path) }
    close(descriptor)
    descriptor = fresh
    length = line.count
  }

  private static func checksum(_ body: [UInt8]) -> String {
    String(SHA256.digest(of: body).hex.prefix(checksumDigits))
  }

  private static func records(in bytes: [UInt8]) -> ([GenerationRecord], soundLength: Int) {
    var records: [GenerationRecord] = []
    var sound = 0
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      let line = bytes[start..<end]
      guard line.count > checksumDigits, line[start + checksumDigits] == 0x20 else { break }
      let body = Array(line.dropFirst(checksumDigits + 1))
      guard checksum(body).utf8.elementsEqual(line.prefix(checksumDigits)),
        let decoded = try? WireJSON.decode(GenerationRecord.self, from: body)
      else { break }
      records.append(decoded)
      sound = end + 1
      start = end + 1
    }
    return (records.suffix(mostRecent), sound)
  }

  private static func contents(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }

  private static func failure(
    _ path: String,
    _ reason: String = String(cString: strerror(errno))
  ) -> HostError {
    HostError(
      .generationLog,
      "the generation log \(path) cannot be written (\(reason)): "
        + "free space or give this account the right; the last good generation is kept"
    )
  }
}
