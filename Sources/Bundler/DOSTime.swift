/// Times as a ZIP archive holds them: date in the upper half, time in the lower, in steps of 2 s.
enum DOSTime {
  /// 1980-01-01 00:00:00, the earliest time there is.
  static let constant: UInt32 = 0x0021_0000
  /// 2107-12-31 23:59:58, the last one.
  private static let latest: UInt32 = 0xff9f_bf7d

  /// The time of `seconds` since 1970 in UTC, rounded down; times out of range are clamped.
  static func from(unix seconds: Int64) -> UInt32 {
    let day = Int64(86_400)
    guard seconds >= 315_532_800 else { return constant }
    guard seconds < 4_354_819_200 else { return latest }
    let (year, month, dayOfMonth) = civil(days: seconds / day)
    let time = seconds % day
    let date = UInt32(year - 1980) << 9 | UInt32(month) << 5 | UInt32(dayOfMonth)
    let clock =
      UInt32(time / 3600) << 11 | UInt32(time % 3600 / 60) << 5 | UInt32(time % 60 / 2)
    return date << 16 | clock
  }

  /// The Gregorian date of a day counted from 1970-01-01, by counting from a 1 March, where the
  /// leap day is the last of its year.
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
  }
}
