/// Finds what an unresolved git merge leaves in a file.
package enum MergeMarkers {
  /// The line, counted from 1, of the first `<<<<<<< ` that opens one; `nil` without any.
  package static func firstLine(in bytes: [UInt8]) -> Int? {
    let marker = Array("<<<<<<< ".utf8)
    var line = 1
    var start = 0
    while start < bytes.count {
      if bytes[start...].starts(with: marker) { return line }
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      start = end + 1
      line += 1
    }
    return nil
  }
}
