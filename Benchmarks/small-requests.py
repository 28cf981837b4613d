#!/usr/bin/env python3
"""Small requests a second, every check on, and nginx with a file of the same bytes as the answer."""

import argparse
import os
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import wrk
from harness import Scratch, Server
from nginx import Nginx

BAR_RATIO = 0.4
PATHS = ["/v1/hello", "/v1/generations/current"]


def main():
    parser = argparse.ArgumentParser(description="Measures small requests, beside nginx with a small file.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--connections", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="of one round and side (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("nginx", "wrk")
    with Scratch() as scratch:
        harness.generate(scratch.at("project"), 100)
        harness.heading(f"small requests: {options.connections} connections kept alive")
        loads = [harness.load()]
        with Server(binary, scratch.at("project"), scratch) as server:
            nginx = Nginx(scratch)
            try:
                sides = {}
                for path in PATHS:
                    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
                        body = answer.read()
                    name = os.path.basename(path) + ".json"
                    nginx.serve(name, body)
                    sides["syncd " + path] = (server.port, path, [server.pid])
                    sides["nginx " + name] = (nginx.port, "/" + name, nginx.workers())
                rows = {name: [] for name in sides}
                for turn in range(-1, options.rounds):
                    for name in (list(sides) if turn % 2 else reversed(sides)):
                        port, path, pids = sides[name]
                        figures = wrk.measure(port, path, options.connections, options.seconds, pids)
                        if turn >= 0:
                            rows[name].append(figures)
            finally:
                nginx.close()
            server.require_alive()
        loads.append(harness.load())
    result = {name: [harness.median(column) for column in zip(*figures)] for name, figures in rows.items()}
    for name, (requests, _, p50, p99, spent) in result.items():
        print(f"  {name:<32} n {len(rows[name]):>3}   {requests:>9,.0f} requests/s   p50 {p50:>6.2f} ms   p99 {p99:>6.2f} ms   "
              f"{1000 * spent:>4.0f} µs of processor a request")
    names = list(rows)
    ratios = {path: harness.median([ours[0] / theirs[0] for ours, theirs in zip(rows[names[2 * n]], rows[names[2 * n + 1]])])
              for n, path in enumerate(PATHS)}
    met = min(ratios.values()) >= BAR_RATIO
    print("  median of the rounds' ratios: " + ", ".join(f"{path} {ratio:.2f}" for path, ratio in ratios.items())
          + f"; bar: at least {BAR_RATIO}: {'met' if met else 'NOT met'}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "small-requests", "connections": options.connections, "rounds": options.rounds,
                    "sides": {name: dict(zip(wrk.FIGURES, values)) for name, values in result.items()},
                    "ratio": {path: round(ratio, 3) for path, ratio in ratios.items()},
                    "bar": {"ratio": BAR_RATIO, "met": met}, "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
