#!/usr/bin/env python3
"""One edit of a catalog of about 1 MB, from the request to the answer that it is on the disk, over the unix socket.

Beside it in each round: the same bytes copied, synced and renamed by a C program, which no durable edit can be quicker than.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import catalog
import harness
import unixhttp
from harness import Failure, Scratch, Server

BAR_MS = 30.0
HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description="Times one edit of a catalog of 1 MB.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="taken and not needed: the catalog is made for the purpose")
    parser.add_argument("--rounds", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("cc")
    with Scratch() as scratch:
        project = scratch.at("project")
        os.makedirs(os.path.join(project, "Project", "Sources"))
        with open(os.path.join(project, "Project", "Made.4DProject"), "w") as file:
            file.write("{}")
        path = os.path.join(project, "Project", "Sources", "catalog.4DCatalog")
        size = catalog.write(path, 100, 60)
        copy = scratch.at("copy.4DCatalog")
        catalog.write(copy, 100, 60)
        floor_program = scratch.at("durable-copy")
        harness.run(["cc", "-O2", "-o", floor_program, os.path.join(HERE, "durable-copy.c")])
        harness.heading(f"catalog edit: {size / 1e6:.2f} MB, 100 tables, 6,000 fields")
        times, floors = [], []
        with Server(binary, project, scratch) as server:
            caller = unixhttp.Caller(server.state)
            floor = harness.spawn([floor_program, copy, server.state], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, bufsize=1)
            try:
                _, fields, _ = caller.ask("GET", "/v1/catalog")
                revision = fields["etag"]
                for turn in range(-5, options.rounds):
                    body = {"op_id": f"edit{turn + 5}", "operations": [
                        {"op": "set-field-attribute", "table": f"Table_{turn % 100 + 1}", "field": "Field_7",
                         "attribute": "limiting_length", "value": str(100 + turn)}]}
                    began = time.perf_counter_ns()
                    status, fields, answer = caller.ask("POST", "/v1/catalog/ops", body, {"If-Match": revision})
                    took = (time.perf_counter_ns() - began) / 1e6
                    if status != 200:
                        raise Failure(f"the edit was answered with {status} {answer}")
                    revision = fields["etag"]
                    # The generation that follows is built meanwhile; the next edit begins after it.
                    caller.ask("POST", "/v1/barriers", {"durable": "file"})
                    floor.stdin.write("\n")
                    floor.stdin.flush()
                    copied = int(floor.stdout.readline()) / 1e3
                    if turn >= 0:
                        times.append(took)
                        floors.append(copied)
            finally:
                harness.stop(floor)
            with open(path, encoding="utf-8") as file:
                if f'limiting_length="{100 + options.rounds - 1}"' not in file.read():
                    raise Failure("the catalog does not hold the last edit")
    p50, p99 = harness.quantile(times, 0.5), harness.quantile(times, 0.99)
    low = harness.quantile(floors, 0.5)
    met = p50 <= BAR_MS
    print(f"  edit, on the disk                n {len(times):>4}   p50 {p50:>7.2f} ms   p99 {p99:>7.2f} ms")
    print(f"  C: copy, fsync, rename, fsync    n {len(floors):>4}   p50 {low:>7.2f} ms")
    print(f"  bar: p50 at most {BAR_MS} ms: {'met' if met else 'NOT met'}; load average {harness.load()}")
    harness.report({"benchmark": "catalog-edit", "bytes": size, "milliseconds": {"p50": round(p50, 2), "p99": round(p99, 2)},
                    "floor": round(low, 2), "bar": {"p50": BAR_MS, "met": met}, "load": harness.load(),
                    "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
