import HTTPTypes
import NIOCore
import NIOHTTP1

/// The answer to a request for a file: all of it, a part, that the browser has it already, or that
/// it is another one than the browser expects.
struct WebFileAnswer: Sendable {
  var head: WebAnswer
  /// What follows the head; empty for one without.
  let file: WebFile?
  let range: Range<UInt64>
  /// The beginning of it, read where reading may block.
  let first: ByteBuffer

  /// Opens what a path names and answers; may block.
  ///
  /// - Throws: `IOError` when the file cannot be read.
  static func make(
    of path: WebPath,
    in folder: WebFolder,
    isPrivate: Bool,
    to request: WebRequest
  ) throws -> WebFileAnswer {
    switch folder.open(path) {
    case .nothing: return WebFileAnswer(.notFound(request))
    case .folder:
      let path = request.target.path
      let place = OwnPlace.of(path + "/" + request.target.resource.dropFirst(path.count))
      return WebFileAnswer(WebAnswer(.movedPermanently, ["location": place]))
    case .file(let file): return try WebFileAnswer(file, isPrivate: isPrivate, to: request)
    }
  }

  private init(
    _ head: WebAnswer,
    _ file: WebFile? = nil,
    _ range: Range<UInt64> = 0..<0,
    first: ByteBuffer = ByteBuffer()
  ) {
    self.head = head
    self.file = file
    self.range = range
    self.first = first
  }

  private init(_ file: WebFile, isPrivate: Bool, to request: WebRequest) throws {
    let conditions = Self.conditions(of: request)
    // Before everything else, and without the file (RFC 9110, section 13.2.2).
    guard Self.isExpected(file, conditions) else {
      let sentence = "The file is not the one that was expected: it has changed."
      self.init(WebAnswer(.preconditionFailed, saying: sentence, to: request))
      return
    }
    var headers = Self.fields(of: file, isPrivate: isPrivate)
    if Self.isHeld(file, conditions) {
      self.init(WebAnswer(.notModified, headers))
      return
    }
    headers.add(name: "content-type", value: MediaType.of(file.name))
    // A range is defined for GET alone.
    let mayBePart = request.method == .GET && file.tag.allowsRange(conditions)
    var (status, range) = (HTTPResponseStatus.ok, 0..<file.size)
    switch ByteRange(mayBePart ? conditions[.range] : nil, size: file.size) {
    case .whole: break
    case .part(let part):
      let place = "bytes \(part.lowerBound)-\(part.upperBound)/\(file.size)"
      headers.add(name: "content-range", value: place)
      (status, range) = (.partialContent, part.lowerBound..<part.upperBound + 1)
    case .unsatisfiable:
      let fields: HTTPHeaders = ["content-range": "bytes */\(file.size)", "accept-ranges": "bytes"]
      self.init(WebAnswer(.rangeNotSatisfiable, fields))
      return
    }
    headers.add(name: "content-length", value: "\(range.upperBound - range.lowerBound)")
    let head = WebAnswer(status, headers)
    guard request.method == .GET else {
      self.init(head)
      return
    }
    let count = Int(min(range.upperBound - range.lowerBound, UInt64(WebFile.chunkSize)))
    self.init(head, file, range, first: try file.read(from: range.lowerBound, count: count))
  }

  private static func fields(of file: WebFile, isPrivate: Bool) -> HTTPHeaders {
    var headers: HTTPHeaders = [
      "etag": file.tag.text, "last-modified": HTTPDate.format(file.modified),
      // Asked for again each time, and mostly answered 304: a page that was changed is seen at once.
      "cache-control": isPrivate ? "private, no-cache" : "no-cache", "accept-ranges": "bytes",
      "content-security-policy": "frame-ancestors 'self'",
    ]
    if isPrivate { headers.add(name: "vary", value: "Cookie") }
    return headers
  }

  /// Whether `If-Match` holds, which is a strong comparison, or without it `If-Unmodified-Since`; a
  /// date that is none counts as not sent.
  private static func isExpected(_ file: WebFile, _ conditions: HTTPFields) -> Bool {
    if let tags = conditions[.ifMatch] { return file.tag.isAmong(tags) }
    guard let date = conditions[.ifUnmodifiedSince].flatMap({ HTTPDate.second(of: $0) }) else {
      return true
    }
    return file.modified <= date
  }

  private static func isHeld(_ file: WebFile, _ conditions: HTTPFields) -> Bool {
    if conditions[.ifNoneMatch] != nil { return file.tag.isHeld(by: conditions) }
    // The date that this server gave, and no other: clocks differ, and a file may become older.
    return conditions[.ifModifiedSince] == HTTPDate.format(file.modified)
  }

  private static func conditions(of request: WebRequest) -> HTTPFields {
    var fields = HTTPFields()
    for name in [
      HTTPField.Name.ifMatch, .ifUnmodifiedSince, .ifNoneMatch, .ifModifiedSince, .ifRange, .range,
    ] {
      let values = request.headers[name.canonicalName]
      if !values.isEmpty { fields[name] = values.joined(separator: ", ") }
    }
    return fields
  }
}
