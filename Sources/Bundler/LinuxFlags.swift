internal import Glibc

/// Flags of `open` that the C library defines for `_GNU_SOURCE` alone; the same on every
/// architecture that Swift runs on.
let openPathOnly: Int32 = 0o10_000_000
/// `O_TMPFILE`: a file without a name.
let openNameless: Int32 = 0o20_000_000 | O_DIRECTORY
