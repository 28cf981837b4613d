#!/usr/bin/env python3
"""The bundle to clients that all fetch it at once, and the same file from nginx, which sends it from the page cache."""

import argparse
import http.client
import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import wrk
from harness import Failure, Scratch, Server
from nginx import Nginx

BAR_RATIO = 1.0


def fetch(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise Failure(f"GET {path} was answered with {answer.status}: {body[:200]!r}")
    return body


def main():
    parser = argparse.ArgumentParser(description="Measures downloads of a bundle, beside nginx with sendfile.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--size", type=int, default=10_000_000, help="bytes of a file that does not pack, in the project (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="of one round and side (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("nginx", "wrk")
    with Scratch() as scratch:
        project = scratch.at("project")
        harness.generate(project, 100)
        with open(os.path.join(project, "Project", "Sources", "picture.png"), "wb") as file:
            file.write(random.Random(1).randbytes(options.size))
        loads = [harness.load()]
        with Server(binary, project, scratch) as server:
            path = json.loads(fetch(server.port, "/v1/generations/current"))["digest"]
            path = f"/v1/bundles/{path}"
            bundle = fetch(server.port, path)
            harness.heading(f"bundle download: {len(bundle) / 1e6:.2f} MB to {options.clients} clients at once")
            nginx = Nginx(scratch)
            try:
                nginx.serve("app.4dz", bundle)
                if fetch(nginx.port, "/app.4dz") != bundle:
                    raise Failure("nginx serves other bytes")
                sides = {"syncd": (server.port, path, [server.pid]), "nginx, sendfile": (nginx.port, "/app.4dz", nginx.workers())}
                rows = {name: [] for name in sides}
                for turn in range(-1, options.rounds):
                    for name in (list(sides) if turn % 2 else reversed(sides)):
                        port, asked, pids = sides[name]
                        figures = wrk.measure(port, asked, options.clients, options.seconds, pids)
                        if turn >= 0:
                            rows[name].append(figures)
            finally:
                nginx.close()
            server.require_alive()
        loads.append(harness.load())
    result = {name: [harness.median(column) for column in zip(*figures)] for name, figures in rows.items()}
    for name, (requests, rate, p50, p99, spent) in result.items():
        print(f"  {name:<16} n {len(rows[name]):>3}   {rate / 1e9:>6.2f} GB/s   {requests:>7.1f} downloads/s   p50 {p50:>7.1f} ms   p99 {p99:>7.1f} ms   "
              f"{spent:>5.2f} ms of processor a download")
    # Of neighbours in time, so that what else the machine did weighs on both.
    ratio = harness.median([ours[1] / theirs[1] for ours, theirs in zip(*rows.values())])
    met = ratio >= BAR_RATIO
    print(f"  median of the rounds' ratios {ratio:.2f}; bar: at least {BAR_RATIO}: {'met' if met else 'NOT met'}; "
          f"load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "bundle-download", "bytes": len(bundle), "clients": options.clients, "rounds": options.rounds,
                    "sides": {name: dict(zip(wrk.FIGURES, values)) for name, values in result.items()},
                    "ratio": round(ratio, 3), "bar": {"ratio": BAR_RATIO, "met": met}, "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
