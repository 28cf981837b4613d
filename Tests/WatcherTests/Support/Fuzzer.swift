import Glibc

/// Random numbers that a seed repeats.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Does random things to a tree, mostly to a few names, so that they collide.
struct Fuzzer {
  private let root: String
  private let outside: String
  private var random: SeededGenerator
  private var serial = 0
  private let label: String
  private let links: Bool

  /// Without hard links nothing is ever looked at without an event: no rescan hides a loss.
  init(_ tree: TestTree, seed: UInt64, label: String, links: Bool) {
    self.links = links
    root = tree.root
    outside = tree.outside("away")
    Disk.folder(outside)
    random = SeededGenerator(seed: seed)
    self.label = label
  }

  mutating func step() {
    serial += 1
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<14: Disk.write(file(), content())
    case 14..<20: Disk.write(file(), content(), flags: O_APPEND)
    case 20..<24: truncate(file(), off_t(Int.random(in: 0..<4, using: &random)))
    case 24..<30: unlink(file())
    case 30..<36: saveByRename()
    case 36..<42: Disk.move(file(), file())
    case 42..<50: Disk.folder(folder())
    case 50..<60: Disk.move(folder(), folder())
    case 60..<66: Disk.exchange(any(), any())
    case 66..<70: Disk.remove(folder())
    case 70..<80: folderAndFile()
    case 80..<90 where !links: Disk.write(file(), content())
    case 80..<87: link(file(), file())
    case 87..<90: writeThroughLink()
    case 90..<93: symlink(name(), file())
    case 93..<95: Disk.move(any(), outside + "/" + name())
    case 95..<98: Disk.move(outside + "/" + name(), any())
    default: rmdir(folder())
    }
  }

  private mutating func saveByRename() {
    let target = file()
    let temporary = target + "-new"
    Disk.write(temporary, content())
    Disk.move(temporary, target)
  }

  private mutating func folderAndFile() {
    let path = folder()
    Disk.folder(path)
    let deeper = path + "/" + name()
    Disk.folder(deeper)
    Disk.write(deeper + "/" + name(), content())
  }

  private mutating func writeThroughLink() {
    let other = file()
    link(file(), other)
    Disk.write(other, content(), flags: 0)
    unlink(other)
  }

  private mutating func content() -> String {
    "\(label)\(serial)" + String(repeating: "x", count: Int.random(in: 0..<4, using: &random))
  }

  private mutating func name() -> String {
    String("abcd".randomElement(using: &random) ?? "a")
  }

  /// A path of one to four names.
  private mutating func any() -> String {
    var path = root
    for _ in 0..<Int.random(in: 1...3, using: &random) { path += "/" + name() }
    return path
  }

  private mutating func file() -> String {
    any() + (Int.random(in: 0..<3, using: &random) == 0 ? "" : ".4dm")
  }

  private mutating func folder() -> String { any() }
}
