internal import Glibc
internal import ProjectModel

extension StoreFolder {
  /// What an earlier run left.
  struct Recovered {
    /// The oldest first.
    var kept: [KeptGeneration] = []
    /// Older generations that can no longer be put together.
    var lost: [Digest] = []
  }

  /// Takes over the whole bundles and the older generations; what is unfinished or damaged is
  /// removed, what nobody knows is left alone.
  func recover() throws(BundleError) -> Recovered {
    let names = try names()
    var kept: [KeptGeneration] = []
    for name in names {
      if name.hasPrefix(DurableFile.temporaryPrefix) {
        unsafe unlink("\(path)/\(name)")
      } else if name.hasSuffix(".manifest"), let digest = Digest(hex: name.dropLast(9)) {
        if !names.contains("\(digest.hex).4dz") { removeManifest(digest) }
      } else if name.hasSuffix(".4dz"), let digest = Digest(hex: name.dropLast(4)) {
        if let bundle = try recovered(digest) {
          kept.append(KeptGeneration(form: .whole(bundle)))
        } else {
          remove(digest)
        }
      }
    }
    // While a bundle became an older generation, or the other way round, both files are there.
    for generation in kept { removePast(generation.digest) }
    var result = Recovered(kept: kept)
    let whole = Set(kept.map(\.digest))
    addPast(names.filter { $0.hasSuffix(".past") }, except: whole, to: &result)
    result.kept.sort { $0.published < $1.published }
    return result
  }

  private func names() throws(BundleError) -> Set<String> {
    switch Descriptor.open(path, O_RDONLY | O_DIRECTORY).flatMap({ FolderReader.names(in: $0) }) {
    case .success(let names): Set(names.map { String(decoding: $0, as: UTF8.self) })
    case .failure(let error): throw .system(error.number, doing: "open the folder", path: path)
    }
  }

  /// Each is put on its base, so they come from the newest to the oldest.
  private func addPast(_ names: [String], except whole: Set<Digest>, to result: inout Recovered) {
    var waiting: [Digest: [(digest: Digest, file: PastFile)]] = [:]
    for name in names {
      guard let digest = Digest(hex: name.dropLast(5)), !whole.contains(digest) else { continue }
      do throws(BundleError) {
        let file = try PastFile(path: pastPath(digest))
        guard file.preamble.to == digest else { throw .brokenDelta }
        waiting[file.preamble.from, default: []].append((digest, file))
      } catch {
        lose(digest, error, &result)
      }
    }
    var bases = result.kept.map(\.manifest)
    while let base = bases.popLast() {
      for (digest, file) in waiting.removeValue(forKey: base.digest) ?? [] {
        do throws(BundleError) {
          let past = try file.generation(base: base)
          result.kept.append(KeptGeneration(form: .past(past)))
          bases.append(past.manifest)
        } catch {
          lose(digest, error, &result)
        }
      }
    }
    // Their base is gone: nothing can be made of them any more.
    for (digest, _) in waiting.values.joined() { lose(digest, .brokenDelta, &result) }
  }

  private func lose(_ digest: Digest, _ error: BundleError, _ result: inout Recovered) {
    result.lost.append(digest)
    // What the system cannot read now may be sound; it is only not taken over.
    if error.code != .inputOutput { removePast(digest) }
  }
}
