#!/usr/bin/env python3
"""What one changed method costs a remote client: bytes over the wire, and the time until its file is the new one.

`syncd connect --follow` tells how many bytes came and how long it took, from the notice to the durable file. Beside it in
each round, over the two archives: rdiff (the rsync algorithm, its signature counted, as a client would send it) and
xdelta3, both from Debian, which know nothing of the format; and the whole archive, which is what 4D Server sends.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Failure, Scratch, Server

BAR_BYTES = 5_000


def peers(old, new, scratch):
    """Bytes that rdiff and xdelta3 send for the same change."""
    signature, delta = scratch.at("signature"), scratch.at("delta")
    harness.run(["rdiff", "-f", "signature", old, signature])
    harness.run(["rdiff", "-f", "delta", signature, new, delta])
    rdiff = os.path.getsize(signature) + os.path.getsize(delta)
    harness.run(["xdelta3", "-e", "-f", "-9", "-s", old, new, delta])
    return rdiff, os.path.getsize(delta)


def next_update(client):
    for line in client.stdout:
        if '"updated"' in line:
            return json.loads(line)
    raise Failure(f"syncd connect ended with status {client.wait()}")


def main():
    parser = argparse.ArgumentParser(description="Measures what one changed method costs a remote client.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="measure on a copy of this project's Project folder, not on a generated one")
    parser.add_argument("--files", type=int, default=11_000, help="size of the generated project (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=30, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("rdiff", "xdelta3")
    with Scratch() as scratch:
        project = scratch.at("project")
        if options.project:
            harness.copy_project(options.project, project)
        else:
            harness.generate(project, options.files, options.seed)
        files, size = harness.project_size(project)
        harness.heading(f"one changed method at a remote client: {files:,} files, {size / 1e6:.1f} MB")
        choose = random.Random(options.seed)
        methods = harness.methods_of(project)
        target, before = scratch.at("client.4dz"), scratch.at("before.4dz")
        received, times, rdiffs, xdeltas = [], [], [], []
        with Server(binary, project, scratch) as server:
            client = harness.spawn([binary, "connect", f"127.0.0.1:{server.port}", "-o", target, "--follow", "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                next_update(client)
                for turn in range(-3, options.rounds):
                    shutil.copyfile(target, before)
                    path = choose.choice(methods)
                    with open(path, "rb") as file:
                        content = file.read()
                    harness.save(path, content + b"// edit %d %s\n" % (turn, choose.randbytes(12).hex().encode()))
                    update = next_update(client)
                    if not update["delta"]:
                        raise Failure("the client fetched the whole bundle")
                    time.sleep(0.1)
                    rdiff, xdelta = peers(before, target, scratch)
                    if turn >= 0:
                        received.append(update["received"])
                        times.append(update["tookMs"])
                        rdiffs.append(rdiff)
                        xdeltas.append(xdelta)
            finally:
                harness.stop(client)
            reference = scratch.at("reference.4dz")
            harness.run([binary, "build", project, "-o", reference], timeout=120)
            with open(reference, "rb") as one, open(target, "rb") as other:
                if one.read() != other.read():
                    raise Failure("the client's file is not the clean build's")
            whole = os.path.getsize(target)
    p50, worst = harness.median(received), max(received)
    took, late = harness.quantile(times, 0.5), harness.quantile(times, 0.99)
    met = worst <= BAR_BYTES
    print(f"  syncd, delta                     n {len(received):>3}   p50 {p50:>10,.0f} B   most {worst:>10,} B   "
          f"notice to durable file p50 {took:.1f} ms, p99 {late:.1f} ms")
    print(f"  rdiff, signature and delta               p50 {harness.median(rdiffs):>10,.0f} B")
    print(f"  xdelta3 -9                               p50 {harness.median(xdeltas):>10,.0f} B")
    print(f"  the whole archive                            {whole:>10,} B")
    print(f"  bar: at most {BAR_BYTES:,} B each: {'met' if met else 'NOT met'}; load average {harness.load()}")
    harness.report({"benchmark": "delta", "files": files, "bytes": {"p50": p50, "most": worst, "whole": whole,
                                                                 "rdiff": harness.median(rdiffs), "xdelta3": harness.median(xdeltas)},
                    "milliseconds": {"p50": round(took, 2), "p99": round(late, 2)}, "bar": {"bytes": BAR_BYTES, "met": met},
                    "load": harness.load(), "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
