#!/usr/bin/env python3
"""What an event stream costs in memory while nothing happens: resident memory with and without thousands of clients,
of syncd and of nginx with nchan. What the kernel keeps for a connection is on neither's account."""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import subscribers
from harness import Scratch, Server, memory
from nginx import Nginx
from subscribers import Subscribers

BAR_KB = 8


def steady(pid):
    """The memory once it stands still: what a burst of connections needed for a moment is given back late."""
    before = memory(pid)
    for _ in range(20):
        time.sleep(1)
        after = memory(pid)
        if abs(after["VmRSS"] - before["VmRSS"]) < 64:
            return after
        before = after
    return before


def cost(pid, clients):
    """kB of a client, resident and anonymous; both from the first connection on."""
    before = steady(pid)
    clients.open()
    after = steady(pid)
    return {kind: (after[kind] - before[kind]) / clients.count for kind in ("VmRSS", "Anonymous")}


def main():
    parser = argparse.ArgumentParser(description="Measures the memory of idle event streams, beside nginx nchan.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--clients", type=int, default=5_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="each with new servers (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("nginx", "cc")
    subscribers.require_open_files(options.clients)
    ours, theirs = [], []
    with Scratch() as scratch:
        harness.generate(scratch.at("project"), 100)
        harness.heading(f"idle clients: memory of {options.clients:,} event streams")
        loads = [harness.load()]
        for turn in range(options.rounds):
            with Server(binary, scratch.at("project"), scratch) as server:
                clients = Subscribers.of_syncd(scratch, server, options.clients)
                try:
                    ours.append(cost(server.pid, clients))
                finally:
                    clients.close()
            nchan = Nginx(scratch, channel=True, workers=1)
            try:
                ask = subscribers.request(nchan.port, "GET", "/subscribe", fields=["Accept: text/event-stream"])
                clients = Subscribers(scratch, "nchan", nchan.port, options.clients, ask, "200 OK")
                try:
                    theirs.append(cost(nchan.workers()[0], clients))
                finally:
                    clients.close()
            finally:
                nchan.close()
        loads.append(harness.load())
    result = {}
    for name, rows in (("syncd", ours), ("nginx nchan", theirs)):
        result[name] = {kind: round(harness.median([row[kind] for row in rows]), 2) for kind in rows[0]}
        print(f"  {name:<12} n {len(rows)}   VmRSS {result[name]['VmRSS']:>6.2f} kB a client   anonymous {result[name]['Anonymous']:>6.2f} kB")
    met = result["syncd"]["VmRSS"] <= BAR_KB
    print(f"  bar: at most {BAR_KB} kB resident a client: {'met' if met else 'NOT met'}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "idle-clients", "clients": options.clients, "kBPerClient": result,
                    "bar": {"kB": BAR_KB, "met": met}, "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
