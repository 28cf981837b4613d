import Glibc

extension HTTPDate {
  /// The second that a date of HTTP names, in any of its three forms (RFC 9110, section 5.6.7);
  /// `nil` for anything else.
  static func second(of text: some StringProtocol) -> Int? {
    let words = text.split { " ,-".contains($0) }
    let parts: (day: Substring, month: Substring, year: Substring, time: Substring)
    switch (words.count, words.last) {
    case (6, "GMT"):
      parts = (Substring(words[1]), Substring(words[2]), Substring(words[3]), Substring(words[4]))
    case (5, _):
      parts = (Substring(words[2]), Substring(words[1]), Substring(words[4]), Substring(words[3]))
    default: return nil
    }
    let time = parts.time.split(separator: ":", omittingEmptySubsequences: false).map(number)
    guard let day = number(parts.day), let month = months.firstIndex(of: String(parts.month)),
      let year = year(parts.year), time.count == 3, let hour = time[0], hour < 24,
      let minute = time[1], minute < 60, let second = time[2], second < 61
    else { return nil }
    var date = tm()
    (date.tm_year, date.tm_mon, date.tm_mday) = (CInt(year - 1900), CInt(month), CInt(day))
    (date.tm_hour, date.tm_min, date.tm_sec) = (CInt(hour), CInt(minute), CInt(second))
    let moment = timegm(&date)
    // A day that the month does not have becomes one of the next.
    return date.tm_mday == CInt(day) ? moment : nil
  }

  /// Two digits are the year that is nearest, and at most fifty years ahead.
  private static func year(_ digits: Substring) -> Int? {
    guard let number = number(digits) else { return nil }
    guard digits.count == 2 else { return digits.count == 4 ? number : nil }
    var (now, parts) = (time(nil), tm())
    gmtime_r(&now, &parts)
    let current = 1900 + Int(parts.tm_year)
    let year = current / 100 * 100 + number
    return year > current + 50 ? year - 100 : year
  }

  private static func number(_ digits: Substring) -> Int? {
    digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && digits.utf8.count <= 4
      ? Int(digits) : nil
  }
}
