/// What becomes of a web request.
enum WebOutcome: Sendable {
  case answer(WebAnswer)
  /// A file of the folder; one that not everybody may see is for no shared cache, nor is one that
  /// comes with a cookie.
  case file(WebPath, isPrivate: Bool, cookie: String?)
  case redeem(WebRedemption)
  /// The answer stays open, and tells a page what changes in its session.
  case events(WebVisitor)
}

/// A one-time passcode that is to be redeemed, and what is answered then.
struct WebRedemption: Sendable {
  enum Purpose: Hashable, Sendable {
    /// `$4DSID` in an address: the browser is sent to the same one without it, whether the passcode
    /// was good or not.
    case redirect(to: String)
    /// `Session.restore`: the page is told.
    case restore
  }

  let passcode: String
  /// The cookie that the browser has.
  let cookie: String?
  let purpose: Purpose
}
