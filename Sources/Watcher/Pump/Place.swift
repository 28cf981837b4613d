/// A name in a folder of the tree, and the path that they make.
struct Place {
  let node: DirectoryNode
  let name: RawPath
  let path: RawPath

  var entry: InodeIndex.Entry { InodeIndex.Entry(directory: node, name: name) }
}
