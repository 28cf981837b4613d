import Bundler
import Glibc
import ProjectModel
import SyncProtocol

/// The edits of one owned file: what is under way, and the answers of the last 24 hours.
///
/// One line a record: the first 16 digits of the line's SHA-256, a space, the record as JSON.
/// A torn last line was never acted on. Belongs to one actor.
final class EditJournal {
  static let usualBound = 4 * 1024 * 1024
  private static let checksumDigits = 16

  let folder: FolderHandle
  let name: String
  private let steps: EditStepHook
  private var descriptor: Int32
  private var length: Int
  /// Lines that could not be written when their time was; they go with the next one.
  private var backlog: [UInt8] = []
  /// The length at which it is worth to write the journal anew.
  private(set) var bound: Int
  let leastBound: Int
  /// How many lines were damaged and are skipped.
  let damagedLines: Int
  let contents: JournalContents
  private var number: Int

  init(
    in folder: FolderHandle,
    name: String,
    bound: Int,
    steps: @escaping EditStepHook
  ) throws(FileFailure) {
    let file = try folder.openFile(name, O_RDWR | O_CREAT, mode: 0o600)
    let bytes: [UInt8]
    do throws(FileFailure) {
      bytes = try Self.contents(of: file, folder.path(of: name))
    } catch {
      close(file)
      throw error
    }
    let (records, damaged, sound) = Self.records(in: bytes)
    guard ftruncate(file, off_t(sound)) == 0 else {
      let failure = FileFailure(errno, "write", folder.path(of: name))
      close(file)
      throw failure
    }
    self.folder = folder
    self.name = name
    self.steps = steps
    descriptor = file
    length = sound
    leastBound = bound
    self.bound = bound
    damagedLines = damaged
    contents = JournalContents(records)
    number = contents.highestNumber
  }

  deinit { close(descriptor) }

  var isLong: Bool { length > bound }

  func nextNumber() -> Int {
    number += 1
    return number
  }

  /// Adds a record.
  ///
  /// - Parameter isDurable: whether it has to be on the disk before anything else is done.
  /// - Throws: then the journal is as it was before.
  func append(_ record: JournalRecord, isDurable: Bool) throws(FileFailure) {
    let path = folder.path(of: name)
    let lines = backlog + (try line(record, path))
    do throws(FileFailure) {
      try ask(record.kind, path)
      var done = 0
      while done < lines.count {
        let count = lines.withUnsafeBytes { buffer in
          pwrite(
            descriptor,
            buffer.baseAddress.map { $0 + done },
            buffer.count - done,
            off_t(length + done)
          )
        }
        if count > 0 { done += count }
        if count == 0 { throw FileFailure(ENOSPC, "write", path) }
        if count < 0, errno != EINTR { throw FileFailure(errno, "write", path) }
      }
      if isDurable, fdatasync(descriptor) != 0 {
        throw FileFailure(errno, "write to the disk", path)
      }
      length += lines.count
      backlog = []
    } catch {
      _ = ftruncate(descriptor, off_t(length))
      throw error
    }
  }

  /// Adds a record now or, when that cannot be done, with the next one.
  func appendSoon(_ record: JournalRecord, isDurable: Bool = false) -> FileFailure? {
    do throws(FileFailure) {
      try append(record, isDurable: isDurable)
      return nil
    } catch {
      if let line = try? line(record, "") { backlog += line }
      return error
    }
  }

  /// Writes the journal anew with these records only, in one step.
  ///
  /// - Throws: then the old one is still in use.
  func replace(by records: [JournalRecord]) throws(FileFailure) {
    let path = folder.path(of: name)
    let fresh = name + ".new"
    let failure = steps(.compactJournal)
    guard failure == 0 else { throw FileFailure(failure, "write anew", path) }
    var bytes: [UInt8] = []
    for record in records { bytes += try line(record, path) }
    try folder.remove(fresh)
    let file = try folder.openFile(fresh, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    do throws(FileFailure) {
      try FolderHandle.write(bytes, to: file, path)
      guard fsync(file) == 0 else { throw FileFailure(errno, "write to the disk", path) }
      try folder.rename(fresh, to: name)
    } catch {
      close(file)
      try? folder.remove(fresh)
      throw error
    }
    // From here on the new one is the journal, whether or not its name is on the disk already.
    close(descriptor)
    descriptor = file
    length = bytes.count
    backlog = []
    bound = max(leastBound, 2 * length)
    try folder.sync()
  }

  private func ask(_ kind: JournalRecord.Kind, _ path: String) throws(FileFailure) {
    let step: EditStep? =
      switch kind {
      case .intent, .outcome: .writeJournal
      case .done: .closeJournal
      case .aborted: .journalGivenUp
      case .memory: nil
      }
    guard let step else { return }
    let failure = steps(step)
    if failure != 0 { throw FileFailure(failure, "write", path) }
  }

  private func line(_ record: JournalRecord, _ path: String) throws(FileFailure) -> [UInt8] {
    guard let json = try? WireJSON.encode(record) else {
      throw FileFailure(EINVAL, "put an edit into words for", path)
    }
    let body = Array(json)
    return Array(Self.checksum(body).utf8) + [0x20] + body + [0x0A]
  }

  private static func checksum(_ body: [UInt8]) -> String {
    String(SHA256.digest(of: body).hex.prefix(checksumDigits))
  }

  private static func records(
    in bytes: [UInt8]
  ) -> (records: [JournalRecord], damaged: Int, sound: Int) {
    var records: [JournalRecord] = []
    var damaged = 0
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      let line = bytes[start..<end]
      start = end + 1
      let body = Array(line.dropFirst(checksumDigits + 1))
      if line.count > checksumDigits,
        checksum(body).utf8.elementsEqual(line.prefix(checksumDigits)),
        let record = try? WireJSON.decode(JournalRecord.self, from: body)
      {
        records.append(record)
      } else {
        damaged += 1
      }
    }
    return (records, damaged, start)
  }

  private static func contents(of file: Int32, _ path: String) throws(FileFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = pread(file, &buffer, buffer.count, off_t(bytes.count))
      if count == 0 { return bytes }
      if count > 0 { bytes += buffer[..<count] }
      if count < 0, errno != EINTR { throw FileFailure(errno, "read", path) }
    }
  }
}
