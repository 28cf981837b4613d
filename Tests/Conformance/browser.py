"""Chromium without a window, driven over its debugging port; and what its EventSource makes of the server."""

import http.server
import itertools
import json
import os
import shutil
import subprocess
import threading
import time

from websockets.sync.client import connect

from relay import Relay, to_port
from report import Failure, equal, expect
from server import LIMIT

FLAGS = [
    "--headless", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
    # Nothing leaves loopback: no name is resolved, and no proxy of the environment is asked.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-domain-reliability", "--metrics-recording-only"]

FOLLOW = """
(url => {
  window.events = []; window.waiting = [];
  const tell = event => {
    window.events.push(event);
    window.waiting = window.waiting.filter(wait => !wait());
  };
  const source = window.source = new EventSource(url);
  source.onopen = () => tell({event: 'open'});
  source.onerror = () => tell({event: 'error', state: source.readyState});
  for (const name of %s)
    source.addEventListener(name, e => tell({event: name, id: e.lastEventId, data: JSON.parse(e.data)}));
})('%s')
"""

# Resolves with the first event of a name behind a place in the list, and with where it stands.
WAIT = """
new Promise((resolve, reject) => {
  const look = () => {
    const place = window.events.findIndex((event, index) => index >= %d && event.event === '%s');
    if (place < 0) return false;
    resolve([place, window.events[place]]);
    return true;
  };
  if (!look()) {
    window.waiting.push(look);
    setTimeout(() => reject('%s did not come; these did: ' + JSON.stringify(window.events)), %d);
  }
})
"""

# What a page can try to read an address, each with how it ended.
TRY = """
(async url => {
  const ended = {};
  await fetch(url).then(() => ended.fetch = 'answered', () => ended.fetch = 'refused');
  await fetch(url, {mode: 'no-cors'}).then(() => ended.noCors = 'answered', () => ended.noCors = 'refused');
  await fetch(url, {method: 'POST', mode: 'no-cors', body: '{}'})
    .then(() => ended.post = 'answered', () => ended.post = 'refused');
  ended.script = await new Promise(done => {
    const script = document.createElement('script');
    script.src = url; script.onload = () => done('answered'); script.onerror = () => done('refused');
    document.head.append(script);
  });
  ended.socket = await new Promise(done => {
    const socket = new WebSocket(url.replace('http:', 'ws:'));
    socket.onmessage = message => { done(JSON.parse(message.data).event); socket.close(); };
    socket.onerror = () => done('refused');
  });
  return ended;
})('%s')
"""


class Chromium:
    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1)

    def __enter__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        expect(program, "There is no Chromium; scripts/setup installs it.")
        # Its sandbox does not run as root.
        flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
        self.process = subprocess.Popen(
            [program, *flags, f"--user-data-dir={self.folder}", "about:blank"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "XDG_CACHE_HOME": self.folder})
        file = os.path.join(self.folder, "DevToolsActivePort")
        limit = time.monotonic() + LIMIT
        while True:
            lines = open(file, encoding="utf-8").read().split("\n") if os.path.exists(file) else []
            if len(lines) > 1 and lines[1]:
                break
            expect(self.process.poll() is None, "Chromium ended before it began.")
            expect(time.monotonic() < limit, "Chromium did not open its debugging port.")
            time.sleep(0.02)
        self.socket = connect(f"ws://127.0.0.1:{lines[0]}{lines[1]}", max_size=None, proxy=None, compression=None,
                              open_timeout=LIMIT, ping_interval=None)
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(LIMIT)
        except Exception:  # It may be gone already; whatever is left of it goes now.
            self.process.kill()
            self.process.wait()

    def call(self, method, session=None, **parameters):
        number = next(self.numbers)
        order = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        self.socket.send(json.dumps(order))
        while True:
            answer = json.loads(self.socket.recv(timeout=2 * LIMIT))
            if answer.get("id") == number:
                expect("error" not in answer, f"Chromium refuses {method}: {answer.get('error')}")
                return answer["result"]

    def page(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        equal(self.call("Page.navigate", page.session, url=url).get("errorText"), None, f"What hinders {url}")
        page.run("document.readyState === 'complete' || new Promise(done => addEventListener('load', done))")
        equal(page.run("document.title"), "page", f"The title of {url}")
        return page


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.place = 0

    def run(self, script):
        answer = self.browser.call("Runtime.evaluate", self.session, expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(str(details.get("exception", {}).get("value") or details))
        return answer["result"].get("value")

    def follow(self, document, url):
        self.place = 0
        self.run(FOLLOW % (json.dumps(sorted(document.event_names)), url))

    def until(self, name):
        """The next event of a name."""
        place, event = self.run(WAIT % (self.place, name, name, LIMIT * 1000))
        self.place = place + 1
        return event

    def names(self):
        return [event["event"] for event in self.run("window.events")]


class Website:
    """A page on an origin of its own."""

    def __enter__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"<!doctype html><title>page</title>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def last_event_id(head):
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    return {name.lower(): value for name, value in fields.items()}.get("last-event-id")


def check(report, document, make_server, folder):
    """`make_server` gets the arguments for a server whose page may ask, and whom it is asked as."""
    with Website() as ours, Website() as foreign, Relay(to_port(lambda: server.port)) as relay:
        server = make_server("--allow-origin", ours.origin, "--allow-host", f"127.0.0.1:{relay.port}")
        url = f"http://127.0.0.1:{relay.port}/v1/events"
        with server, Chromium(folder) as browser:
            page = browser.page(ours.origin)
            check_following(report, document, server, page, relay, url)
            check_pages(report, document, server, browser, page, foreign, url)


def check_following(report, document, server, page, relay, url):
    with report.check("EventSource: a page of an allowed origin gets ready, and a notice after a file has changed"):
        page.follow(document, url)
        equal(document.check_event(page.until("ready"))["data"]["project"], "Bookshop", "The project")
        equal(last_event_id(relay.heads[-1]), None, "Last-Event-ID of a first request")
        record = server.change()
        notice = document.check_event(page.until("reconnect-required"))
        equal(notice["data"]["digest"], record["digest"], "The digest of the notice")
    with report.check("EventSource: after a cut it comes back by itself, with Last-Event-ID, and misses nothing"):
        relay.cut()
        page.until("error")
        ready = document.check_event(page.until("ready"))
        equal(last_event_id(relay.heads[-1]), notice["id"], "Last-Event-ID after a cut")
        limit = time.monotonic() + LIMIT
        while ready["data"]["generation"]["gen"] < record["gen"] and time.monotonic() < limit:
            # This connection's loop has not heard of it yet.
            relay.cut()
            page.until("error")
            ready = document.check_event(page.until("ready"))
        equal(ready["data"]["generation"]["digest"], record["digest"], "The digest in ready")
        record = server.change()
        notice = page.until("reconnect-required")
        equal(notice["data"]["digest"], record["digest"], "The digest of the next notice")
    with report.check("EventSource: after a restart of the server it comes back to the new generation, without a reset"):
        server.stop()
        drain = document.check_event(page.until("drain"))
        server.write("Project/Sources/Methods/Orders_Total.4dm", "// while nobody served\n")
        server.start()
        ready = document.check_event(page.until("ready"))
        equal(last_event_id(relay.heads[-1]), drain["id"], "Last-Event-ID after a restart")
        current = server.ask("GET", "/v1/generations/current").json()
        expect(current["gen"] > record["gen"] and current["epoch"] == record["epoch"], f"The generation is {current}.")
        if ready["data"].get("generation") != current:
            page.until("reconnect-required")
        expect("reset" not in page.names(), f"A reset came: {page.names()}")
    with report.check("EventSource: a server that has forgotten everything says reset, epoch-changed"):
        server.stop(forget=True)
        server.start()
        equal(document.check_event(page.until("reset"))["data"], {"why": "epoch-changed"}, "The reset")


def check_pages(report, document, server, browser, page, foreign, url):
    with report.check("a page of a foreign origin gets nothing, by EventSource, fetch, script or WebSocket"):
        other = browser.page(foreign.origin)
        other.follow(document, url)
        error = other.until("error")
        equal(error["state"], 2, "The state of its EventSource (2 is closed)")
        server.change()
        equal(other.run(TRY % url), dict.fromkeys(("fetch", "noCors", "post", "script", "socket"), "refused"), "What it reached")
        equal(other.names(), ["error"], "What its EventSource was told")
        hello = other.run(TRY % url.replace("/v1/events", "/v1/hello"))
        equal(hello, dict.fromkeys(("fetch", "noCors", "post", "script", "socket"), "refused"), "What it reached of hello")
    with report.check("a page of an allowed origin has a WebSocket and fetch too"):
        ended = page.run(TRY % url)
        equal(ended["socket"], "ready", "The first message of its WebSocket")
        hello = page.run(f"fetch('{url.replace('/v1/events', '/v1/hello')}').then(answer => answer.json())")
        document.check("Hello", hello)
