extension SystemFolder {
  /// Under which clients know the server again.
  var serverIdentity: String { path + "/server.id" }

  /// The id that the server has for as long as its system folder lives.
  ///
  /// - Throws: `HostError` with code `stateFolder` when a new one cannot be kept.
  func serverID(orMake make: () -> String) throws(HostError) -> String {
    if let bytes = PrivateFile.read(serverIdentity) {
      let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
      if (16...64).contains(text.utf8.count), text.allSatisfy(\.isHexDigit) { return text }
    }
    let made = make()
    try PrivateFile.write(Array("\(made)\n".utf8), to: serverIdentity)
    return made
  }
}
