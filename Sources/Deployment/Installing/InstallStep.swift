/// The steps of an update's installation, in their order: after each the client can be started.
package enum InstallStep: CaseIterable, Hashable, Sendable {
  /// The archive is what its maker has signed.
  case verified
  /// It lies unpacked in a folder with an unfinished name.
  case unpacked
  /// All of it is on the disk.
  case synced
  /// The folder has its name.
  case named
  /// `previous` leads to the running version.
  case kept
  /// `current` leads to the new one.
  case current
}
