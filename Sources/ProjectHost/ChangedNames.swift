import ProjectModel
import SyncProtocol

extension ReconnectRequired.Changed {
  /// Counts changed paths by kind; at most 20 of them are named.
  init(_ paths: [ProjectPath]) {
    var counts: [SourceKind: Int] = [:]
    for path in paths { counts[SourceKind(path), default: 0] += 1 }
    self.init(
      methods: counts[.method, default: 0],
      classes: counts[.class, default: 0],
      forms: counts[.form, default: 0],
      catalog: counts[.catalog, default: 0],
      settings: counts[.settings, default: 0],
      others: counts[.other, default: 0],
      names: paths.prefix(20).map(\.display)
    )
  }
}
