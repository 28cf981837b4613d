import Bundler
import Foundation

/// The key that an application's updates are signed with; whoever has it can update every client.
package struct SigningKey: Sendable {
  private let privateKey: [UInt8]
  /// In PEM; each client holds it.
  let publicKey: [UInt8]

  /// Reads a private key in PEM, or makes one (mode 0600) where there is no file yet: later versions
  /// of the application are signed with the same.
  ///
  /// - Throws: `DeploymentError` with code `key`.
  package init(at path: String) throws(DeploymentError) {
    if let content = FileManager.default.contents(atPath: path) {
      let rights =
        try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      guard let rights, rights & 0o077 == 0 else {
        throw DeploymentError(.key, "Others can read the signing key \(path): chmod 600 it first.")
      }
      privateKey = Array(content)
    } else if FileManager.default.fileExists(atPath: path) {
      throw DeploymentError(.key, "The signing key \(path) cannot be read.")
    } else {
      do {
        privateKey = try Ed25519.newKey()
        try SmallFile.replace(path, with: privateKey)
      } catch let error as SmallFile.Failure {
        throw DeploymentError(
          .key,
          "The signing key cannot be written to \(path): \(error.reason). Name another file."
        )
      } catch {
        throw DeploymentError(.key, "libcrypto makes no Ed25519 key on this machine.")
      }
    }
    do { publicKey = try Ed25519.publicKey(of: privateKey) } catch {
      throw DeploymentError(.key, "\(path) is no private Ed25519 key in PEM; name another file.")
    }
  }

  /// 128 hexadecimal digits.
  func signature(of message: [UInt8]) throws(DeploymentError) -> String {
    do throws(Ed25519.Failure) {
      return HexText.text(try Ed25519.signature(of: message, privateKey: privateKey))
    } catch {
      throw DeploymentError(.key, "libcrypto does not sign with the key on this machine.")
    }
  }
}

/// Bytes as lower-case hexadecimal digits.
enum HexText {
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// `nil` for anything else than pairs of digits.
  static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[index...(index + 1)], as: UTF8.self)
      guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
