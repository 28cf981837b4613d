import Watcher

extension WatchSettings {
  /// Waits long enough for silence that a test's own pauses on a busy machine end no batch.
  static var patient: WatchSettings {
    var settings = WatchSettings()
    settings.quietAfterSingleSave = .milliseconds(150)
    settings.quietAfterBurst = .milliseconds(300)
    settings.longestWait = .seconds(20)
    return settings
  }
}
