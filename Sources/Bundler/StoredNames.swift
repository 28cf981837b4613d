internal import ProjectModel

/// Names whose content is packed already: stored without a try, as a pure function of the name.
enum StoredNames {
  private static let endings: [[UInt8]] = [
    ".zip", ".4dz", ".gz", ".7z", ".jpg", ".jpeg", ".mp3", ".mp4", ".mov", ".woff", ".woff2",
  ].map { Array($0.utf8) }

  static func contains(_ path: ProjectPath) -> Bool {
    endings.contains { ending in
      path.bytes.count >= ending.count
        && zip(path.bytes.suffix(ending.count), ending).allSatisfy { lowercase($0) == $1 }
    }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
