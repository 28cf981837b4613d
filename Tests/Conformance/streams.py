"""Events over SSE and long-poll, and bytes of bundles, with curl."""

import json
import os
import re
import subprocess
import threading

from report import Failure, equal, expect
from server import LIMIT


class Stream:
    """`curl -N` on the events."""

    def __init__(self, server, *arguments, locally=False, query=""):
        where = ["--unix-socket", server.socket_path, "http://syncd"] if locally else [server.url]
        self.process = subprocess.Popen(
            ["curl", "-sN", "--noproxy", "*", *arguments, *where[:-1], f"{where[-1]}/v1/events{query}"],
            stdout=subprocess.PIPE, text=True)
        self.retry = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def next(self):
        """The next event, bookmarks passed over; `None` at the end of the stream, which comes at the latest with the
        limit."""
        alarm = threading.Timer(LIMIT, self.process.kill)
        alarm.start()
        try:
            return self.read()
        finally:
            alarm.cancel()

    def read(self):
        fields = {}
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == "" and fields.get("event") == "bookmark":
                fields = {}
            elif line == "" and "event" in fields:
                return {"id": fields["id"], "event": fields["event"], "data": json.loads(fields["data"])}
            name, _, value = line.partition(": ")
            if name == "retry":
                self.retry = int(value)
            elif name:
                expect(name in ("id", "event", "data") and name not in fields, f"The stream has the line '{line}'.")
                fields[name] = value
        return None

    def until(self, name):
        while found := self.next():
            if found["event"] == name:
                return found
        raise Failure(f"The stream ended, or {LIMIT} s passed, before {name}.")


def poll(server, query, token=None):
    fields = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    answer = server.ask("GET", f"/v1/events?{query}", fields)
    equal(answer.status, 200, f"The answer to a long-poll with {query}")
    return answer.json()


def check_events(report, document, server, seen):
    """`seen` collects every event that came, on whatever carrier."""
    def take(event):
        seen.setdefault(event["event"], document.check_event(event))
        return event

    with report.check("curl -N: retry, ready, and a notice after a file has changed"):
        with Stream(server) as stream:
            ready = take(stream.next())
            equal(ready["event"], "ready", "The first event")
            equal(ready["data"]["revisions"], {name: server.ask_locally("GET", f"/v1/{name}").json()["revision"]
                                              for name in ("catalog", "directory")}, "What ready says of the revisions")
            expect(stream.retry and 100 <= stream.retry <= 10_000, f"retry is {stream.retry}.")
            record = server.change()
            equal(take(stream.until("reconnect-required"))["data"]["digest"], record["digest"], "The digest of the notice")
    with report.check("curl -N: Last-Event-ID goes on, or reset says why not"):
        with Stream(server) as stream:
            position = stream.next()["id"]
        epoch, rest = position.split(":", 1)
        for id, why in [(position, None), (f"{int(epoch, 16) ^ 1:x}:{rest}", "epoch-changed"), ("what", "unknown-position")]:
            with Stream(server, "-H", f"Last-Event-ID: {id}", query="?since=the-field-wins") as stream:
                equal(stream.next()["event"], "ready", "The first event")
                if why:
                    equal(take(stream.next())["data"], {"why": why}, f"What follows Last-Event-ID {id}")
                else:
                    record = server.change()
                    equal(stream.next()["event"], "reconnect-required", "What follows a known position")
    with report.check("every kind of event comes on the stream, and as the document has it"):
        session = server.open_session(client="conformance")
        with Stream(server, "-H", f"Authorization: Bearer {session['token']}") as stream:
            take(stream.next())
            server.edit("catalog", {"op": "add-field", "table": "Books", "name": "Weight", "type": "real"})
            take(stream.until("catalog"))
            server.edit("directory", {"op": "add-group", "name": "Readers"})
            take(stream.until("directory"))
            server.write("Project/Second.4DProject", "{}")
            equal(take(stream.until("build"))["data"]["state"], "degraded", "The state with two projects in one folder")
            os.remove(os.path.join(server.project, "Project/Second.4DProject"))
            equal(take(stream.until("build"))["data"]["state"], "serving", "The state after that")
            for to in ({}, {"to": session["id"]}):
                server.ask_locally("POST", "/v1/clients/messages", body={"text": "Stops at noon.", **to})
                equal(take(stream.until("message"))["data"]["text"], "Stops at noon.", "The message")
            server.ask_locally("PATCH", f"/v1/sessions/{session['id']}/storage", body={"cart": 1})
            equal(take(stream.until("storage"))["data"]["revision"], 1, "The revision of the storage")
            server.ask_locally("DELETE", f"/v1/sessions/{session['id']}/privileges")
            take(stream.until("privileges"))
            position = poll(server, "wait=0", session["token"])["events"][-1]["id"]
            take(poll(server, f"wait=0&since={position}")["events"][0])
            server.ask_locally("DELETE", f"/v1/clients/{session['id']}")
            take(stream.until("session"))
            equal(stream.next(), None, "What follows the event session")
        with Stream(server, locally=True) as stream:
            take(stream.next())
            server.stop()
            take(stream.until("drain"))
            equal(stream.next(), None, "What follows the event drain")
        server.start()
        equal(set(seen), document.event_names, "The set of events that came")
    with report.check("long-poll: ready, then what is new since, as the stream tells it"):
        first = poll(server, "wait=0")
        document.check("EventList", first)
        equal([event["event"] for event in first["events"]], ["ready"], "A first answer")
        with Stream(server) as stream:
            stream.next()
            server.change()
            notice = stream.until("reconnect-required")
        # What it waits for is there: the route's own limit is not reached.
        later = poll(server, f"since={first['events'][-1]['id']}&wait=20000")
        document.check("EventList", later)
        equal(later["events"], [notice], "The later answer")
    with report.check("Accept that lets no form through gets 406"):
        answer = server.ask("GET", "/v1/events", {"Accept": "image/png"})
        equal(answer.status, 406, "The status")
        document.check("Problem", answer.json())


def curl(*arguments, folder=None):
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", str(LIMIT), *arguments],
                          capture_output=True, cwd=folder)
    expect(done.returncode == 0, f"curl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def check_bytes(report, document, server, folder):
    before = server.ask("GET", "/v1/generations/current").json()["digest"]
    record = server.change()
    document.check("GenerationRecord", record)
    digest = record["digest"]
    bundle = f"{server.url}/v1/bundles/{digest}"
    with report.check("curl: If-None-Match gets 304 from everything that has a tag"):
        for path in ("generations/current", "generations/current/inventory", f"bundles/{digest}", f"manifests/{digest}",
                     f"deltas/{before}/{digest}", "catalog", "directory"):
            tag = server.ask_locally("HEAD", f"/v1/{path}").fields["etag"]
            for condition in (tag, f'"other", W/{tag}', "*"):
                fields = ["-H", f"If-None-Match: {condition}", "--unix-socket", server.socket_path]
                found = curl("-o", "-", "-w", "%{http_code} %{header_json}", *fields, f"http://syncd/v1/{path}").decode()
                equal(found[:3], "304", f"The answer to If-None-Match: {condition} on {path}")
                equal(json.loads(found[4:])["etag"], [tag], f"The tag of the 304 on {path}")
    with report.check("curl -C -: a bundle that was cut off is resumed, and verifies"):
        file = os.path.join(folder, "resumed.4dz")
        curl("-r", "0-9999", "-o", file, bundle)
        equal(os.path.getsize(file), 10_000, "The size of the first part")
        curl("-C", "-", "-o", file, bundle)
        equal(os.path.getsize(file), record["size"], "The size of the resumed bundle")
        with open(file, "rb") as bytes_:
            expect(bytes_.read() == curl(bundle), "The resumed bundle is not the whole one.")
        done = subprocess.run([server.program, "verify", file], capture_output=True, text=True)
        expect(done.returncode == 0, f"verify says: {done.stdout}{done.stderr}")
    with report.check("ranges: parts, suffixes, several, behind the end, and If-Range"):
        whole = curl(bundle)
        for field, status, wanted in [
                ("bytes=0-0", 206, whole[:1]), ("bytes=5-9", 206, whole[5:10]), ("bytes=-7", 206, whole[-7:]),
                ("bytes=100-", 206, whole[100:]), (f"bytes=10-{1 << 70}", 206, whole[10:]), ("bytes=0-1,4-5", 200, whole),
                ("lines=1-2", 200, whole), ("bytes=9-5", 200, whole), (f"bytes={len(whole)}-", 416, None), ("bytes=-0", 416, None)]:
            answer = server.ask("GET", f"/v1/bundles/{digest}", {"Range": field})
            equal(answer.status, status, f"The answer to Range: {field}")
            if wanted is None:
                document.check("Problem", answer.json())
                equal(answer.fields["content-range"], f"bytes */{len(whole)}", "Content-Range of a 416")
            else:
                expect(answer.body == wanted, f"The bytes of Range: {field} are wrong.")
        for condition, status in [(f'"{digest}"', 206), ('"other"', 200), (f'W/"{digest}"', 200),
                                  ("Sat, 21 Nov 2026 12:00:00 GMT", 200)]:
            answer = server.ask("GET", f"/v1/bundles/{digest}", {"Range": "bytes=0-9", "If-Range": condition})
            equal(answer.status, status, f"The answer to If-Range: {condition}")
    with report.check("the lines of shell in docs/clients.md keep a .4dz current"):
        with open(os.path.join(os.path.dirname(document.path), "clients.md"), encoding="utf-8") as text:
            found = re.search(r"## Without syncd on the client.*?```\n(server=.*?)```", text.read(), re.S)
        expect(found, "They are not there any more.")
        script = found[1].replace("http://127.0.0.1:19813", server.url)
        path = os.path.join(folder, "app.4dz")
        for _ in range(3):
            for is_cut_off in (False, True):
                if is_cut_off:
                    # What was fetched whole has not got its name.
                    os.remove(f"{path}.digest")
                    os.rename(path, f"{path}.{record['digest']}")
                done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True)
                expect(done.returncode == 0, f"They end with {done.returncode}: {done.stderr}")
                with open(path, "rb") as file:
                    expect(file.read() == whole, "The file is not the bundle.")
            record = server.change()
            whole = curl(f"{server.url}/v1/bundles/{record['digest']}")
