import Foundation

/// The process that listens on a TCP port, as far as `/proc` lets one know.
struct PortHolder: Hashable {
  let pid: Int
  let name: String

  /// Looks for the listener of a port; `nil` when it is another account's or has just gone.
  static func find(port: Int) -> PortHolder? {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
    let inodes = Set(tables.flatMap { inodesListening(on: port, in: $0) })
    guard !inodes.isEmpty else { return nil }
    let links = Set(inodes.map { "socket:[\($0)]" })
    let files = FileManager.default
    for entry in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int(entry) else { continue }
      let folder = "/proc/\(pid)/fd"
      for descriptor in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
        let path = "\(folder)/\(descriptor)"
        guard let link = try? files.destinationOfSymbolicLink(atPath: path), links.contains(link)
        else { continue }
        let name = KernelFile.text("/proc/\(pid)/comm") ?? "?"
        return PortHolder(pid: pid, name: name.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    return nil
  }

  private static func inodesListening(on port: Int, in table: String) -> [Substring] {
    guard let text = KernelFile.text(table) else { return [] }
    let listening = "0A"
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == listening,
        let colon = fields[1].lastIndex(of: ":"),
        Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
      else { return nil }
      return fields[9]
    }
  }
}
