"""Runs `wrk`, which asks for one path as fast as it is answered, and reads what it says."""

import re

import harness
from harness import Failure

UNITS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}


FIGURES = ("requestsPerSecond", "bytesPerSecond", "p50ms", "p99ms", "processorMs")


def measure(port, path, connections, seconds, pids):
    """One run: requests and bytes a second, p50 and p99 in milliseconds, and the milliseconds of processor
    that the server's processes spent on a request, which tells more than the others on a busy machine."""
    spent = harness.processor(pids)
    done = harness.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
                        f"http://127.0.0.1:{port}{path}"], timeout=seconds + 30)
    said = done.stdout.decode()
    if "Non-2xx" in said or "Socket errors" in said:
        raise Failure(f"wrk on {path}: " + " ".join(line.strip() for line in said.splitlines() if "Non-2xx" in line or "errors" in line))
    requests, seconds, size, unit = re.search(r"(\d+) requests in ([\d.]+)s, ([\d.]+)(\w*B) read", said).groups()
    factor = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}[unit]
    latency = []
    for part in ("50", "99"):
        value, word = re.search(rf"^\s*{part}%\s+([\d.]+)(\w+)", said, re.M).groups()
        latency.append(float(value) * UNITS[word])
    spent = harness.processor(pids) - spent
    return [int(requests) / float(seconds), float(size) * factor / float(seconds), *latency, 1000 * spent / int(requests)]
