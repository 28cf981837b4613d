"""One line for each check, and a sentence for each that fails."""

import contextlib
import threading
import time
import traceback


class Failure(Exception):
    """A check does not hold; the text is a sentence."""


def expect(holds, sentence):
    if not holds:
        raise Failure(sentence)


def equal(found, wanted, what):
    expect(found == wanted, f"{what} is {found!r} where {wanted!r} is due.")


class Report:
    def __init__(self):
        self.failures = 0
        self.count = 0
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def check(self, name, quiet=False):
        """Runs a check; what it raises is its failure, and the next one goes on.

        With `quiet` there is a line only when it fails.
        """
        began = time.monotonic()
        try:
            yield
        except Failure as failure:
            self.line("FAIL", name, began, str(failure))
        except Exception as error:  # A peer that breaks off is a finding like any other.
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.line("FAIL", name, began, f"{type(error).__name__}: {error} ({place.name}, line {place.lineno}).")
        else:
            if not quiet:
                self.line("ok", name, began)

    def line(self, word, name, began, sentence=None):
        with self.lock:
            self.count += 1
            self.failures += word == "FAIL"
            print(f"{word:4} {name} ({time.monotonic() - began:.1f} s)", flush=True)
            if sentence:
                print("     " + sentence.replace("\n", "\n     "), flush=True)
