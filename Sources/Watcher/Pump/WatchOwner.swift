/// Who wants the events of a watch.
///
/// One folder can have several owners: it may be mounted at two places, or be read at a new place
/// before its old one is known to be empty.
enum WatchOwner {
  case folder(DirectoryNode)
  case git(GitFolder)
  case cookies
}
