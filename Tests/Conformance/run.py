"""Holds the built program against docs/openapi.yaml and docs/events.md; started by scripts/conformance."""

import argparse
import os
import shutil
import signal
import sys
import tempfile

import api
import browser
import page
import streams
import websocket
from document import Document
from report import Report
from server import Server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument("program", help="the syncd to test")
    parser.add_argument("--seed", type=int, default=1, help="for what schemathesis makes up")
    parser.add_argument("--examples", type=int, default=5, help="how much it makes up for each operation")
    parser.add_argument("--only", choices=["api", "browser", "streams", "websocket"], help="one part")
    options = parser.parse_args()

    document = Document(os.path.join(ROOT, "docs", "openapi.yaml"))
    fixture = os.path.join(ROOT, "fixtures", "sample")
    program = os.path.abspath(options.program)
    report = Report()
    # Told to stop, it cleans up too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="syncd-conformance-")

    def server(name, *arguments):
        os.mkdir(os.path.join(folder, name))
        return Server(program, fixture, os.path.join(folder, name), *arguments)

    def check_api():
        with server("api") as one:
            api.check_routes(report, document, one)
            api.check_versions(report, document, one)
            api.check_edits(report, document, one)
        api.check_schemas(report, document, server, options.seed, options.examples)

    def check_streams():
        page.check(report, document)
        with server("streams") as one:
            streams.check_events(report, document, one, {})
            streams.check_bytes(report, document, one, one.folder)

    def check_websocket():
        with server("websocket") as one:
            websocket.check(report, document, one)

    def check_browser():
        browser.check(report, document, lambda *arguments: server("browser", *arguments), os.path.join(folder, "chromium"))

    parts = {"streams": check_streams, "websocket": check_websocket, "browser": check_browser, "api": check_api}
    try:
        for name, run in parts.items():
            if options.only in (None, name):
                with report.check(f"the part {name} can go on", quiet=True):
                    run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if report.failures:
        sys.exit(f"conformance: {report.failures} of {report.count} checks failed.")
    print(f"conformance: {report.count} checks hold.")


if __name__ == "__main__":
    main()
