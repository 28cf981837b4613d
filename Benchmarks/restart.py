#!/usr/bin/env python3
"""A server with thousands of event clients ends and starts again: how long until everybody is back.

The clients (`subscribers.c`) keep the protocol: after the server's good-bye they come back in the spread that it names,
after a crash when the stream's `retry` says, later each time they find nobody. Both are measured: SIGTERM and SIGKILL.
"""

import argparse
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import subscribers
from harness import Failure, Scratch, Server
from subscribers import Subscribers

BAR_EXTRA = 5.0


def overflows():
    """Connections that any listener of this machine has refused because its queue was full."""
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith("TcpExt:")]
    counts = dict(zip(lines[0], lines[1]))
    return int(counts["ListenOverflows"])


def restart(binary, project, scratch, server, clients, number):
    """Ends the server with a signal, starts it again, and gives it with what the clients saw, in seconds."""
    refused = overflows()
    clients.begin("return 90")
    began = time.monotonic()
    os.kill(server.pid, number)
    server.process.wait(30)
    ended = time.monotonic()
    server = Server(binary, project, scratch, port=server.port)
    ready = time.monotonic()
    first_cut, last_cut, first_back, last_back, spread, attempts = clients.answer(100)
    return server, {"ended": ended - began, "ready": ready - began, "lastCut": last_cut / 1e6, "firstBack": first_back / 1e6,
                    "allBack": last_back / 1e6, "spread": spread / 1e6, "vain": attempts, "overflows": overflows() - refused}


def main():
    parser = argparse.ArgumentParser(description="Measures how soon thousands of clients are back after a restart.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--clients", type=int, default=5_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("cc")
    subscribers.require_open_files(options.clients)
    rows = {"SIGTERM": [], "SIGKILL": []}
    with Scratch() as scratch:
        project = scratch.at("project")
        harness.generate(project, 100)
        harness.heading(f"restart: {options.clients:,} clients come back")
        loads = [harness.load()]
        server = Server(binary, project, scratch)
        clients = None
        try:
            clients = Subscribers.of_syncd(scratch, server, options.clients)
            clients.open()
            for _ in range(options.rounds):
                for name in rows:
                    server, row = restart(binary, project, scratch, server, clients, getattr(signal, name))
                    rows[name].append(row)
                    time.sleep(1)
                    if (late := clients.round()[2]) > 5_000:
                        raise Failure(f"a notice after the restart took {late:.0f} ms")
        finally:
            if clients is not None:
                clients.close()
            harness.stop(server.process)
        loads.append(harness.load())
    for name, found in rows.items():
        middle = {key: harness.median([row[key] for row in found]) for key in found[0]}
        print(f"  {name}  n {len(found)}   ended {middle['ended']:.2f} s   ready again {middle['ready']:.2f} s   first back {middle['firstBack']:.2f} s   "
              f"all back {middle['allBack']:.2f} s of a spread of {middle['spread']:g} s (worst {max(row['allBack'] for row in found):.2f})   attempts in vain {middle['vain']:,.0f}")
    beyond = max(row["allBack"] - row["spread"] for found in rows.values() for row in found)
    overflowed = sum(row["overflows"] for found in rows.values() for row in found)
    met = beyond <= BAR_EXTRA and overflowed == 0
    print(f"  refused by a full accept queue (the whole machine's count): {overflowed}")
    print(f"  bar: all back within the server's spread and {BAR_EXTRA:g} s more, from the signal on, none refused: "
          f"{'met' if met else 'NOT met'}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "restart", "clients": options.clients, "seconds": rows, "bar": {"secondsBeyondSpread": BAR_EXTRA, "met": met},
                    "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
