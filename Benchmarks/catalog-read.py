#!/usr/bin/env python3
"""A catalog of 2 MB read strictly, scanned, and spliced without a change.

`syncd merge-catalog` reads three such files, which differ in white space alone, finds nothing to merge and splices
nothing: one process with nothing else to do. A third of its time, start and all, is what one file costs at most. Beside
it in each round: expat, the C parser in Python, over one file; it neither scans for spans nor checks a rule.
"""

import argparse
import os
import sys
import time
import xml.parsers.expat

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import catalog
import harness
from harness import Failure, Scratch

BAR_MS = 60.0


def main():
    parser = argparse.ArgumentParser(description="Times the reading of a catalog of 2 MB.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="taken and not needed: the catalog is made for the purpose")
    parser.add_argument("--rounds", type=int, default=40, help="default: %(default)s")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    with Scratch() as scratch:
        original = scratch.at("catalog.4DCatalog")
        size = catalog.write(original, 200, 59)
        names = [scratch.at(name) for name in ("base", "ours", "theirs")]
        with open(original, "rb") as file:
            content = file.read()
        harness.heading(f"catalog read, scanned, spliced without a change: {size / 1e6:.2f} MB, 200 tables, 11,800 fields")
        times, floors = [], []
        for turn in range(-3, options.rounds):
            for name, side in zip(names, (content + b"\n\n", content, content + b"\n")):
                with open(name, "wb") as file:
                    file.write(side)
            began = time.perf_counter_ns()
            harness.run([binary, "merge-catalog", *names])
            took = (time.perf_counter_ns() - began) / 1e6 / 3
            with open(names[1], "rb") as file:
                if file.read() != content:
                    raise Failure("a merge without a change changed the catalog")
            began = time.perf_counter_ns()
            xml.parsers.expat.ParserCreate().Parse(content, True)
            parsed = (time.perf_counter_ns() - began) / 1e6
            if turn >= 0:
                times.append(took)
                floors.append(parsed)
    p50, p99 = harness.quantile(times, 0.5), harness.quantile(times, 0.99)
    low = harness.quantile(floors, 0.5)
    met = p50 <= BAR_MS
    print(f"  one file of three                n {len(times):>4}   p50 {p50:>7.2f} ms   p99 {p99:>7.2f} ms")
    print(f"  expat, parsing alone             n {len(floors):>4}   p50 {low:>7.2f} ms")
    print(f"  bar: p50 at most {BAR_MS} ms: {'met' if met else 'NOT met'}; load average {harness.load()}")
    harness.report({"benchmark": "catalog-read", "bytes": size, "milliseconds": {"p50": round(p50, 2), "p99": round(p99, 2)},
                    "floor": round(low, 2), "bar": {"p50": BAR_MS, "met": met}, "load": harness.load(),
                    "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
