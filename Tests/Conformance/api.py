"""The document against the server: schemathesis as each kind of caller, and what it cannot ask."""

import concurrent.futures
import contextlib
import glob
import json
import os
import re
import subprocess
import sys

from relay import Relay, to_socket
from report import Failure, equal, expect
from server import ask

HERE = os.path.dirname(os.path.abspath(__file__))
DEVELOPER = {"user": "Designer", "password": "conformance"}


class Caller:
    """Whom schemathesis plays, and how."""

    def __init__(self, url, session=None, without=(), phases="examples,coverage,fuzzing,stateful"):
        self.url = url
        self.session = session
        self.without = without
        self.phases = phases


def schemathesis(document, caller, process, digests, generation, seed, examples, folder):
    """One run; how many requests it sent."""
    session = caller.session or {"token": "", "id": "none"}
    known = {"url": caller.url, "bearer": session["token"], "session": session["id"], "process": process,
             "digests": digests, "generation": generation}
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", os.path.join(HERE, "schemathesis.toml"), "run",
        document.path, "--url", caller.url, "--phases", caller.phases, "--seed", str(seed), "-n", str(examples),
        "--request-timeout", "120", "--continue-on-failure", "--no-color", "--warnings", "off",
        # The session that it tests with, and it would end in the middle of its run.
        "--exclude-operation-id", "closeSession"]
    if caller.without:
        command += ["--exclude-checks", ",".join(caller.without)]
    if caller.session:
        command += ["-H", f"Authorization: Bearer {session['token']}"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": HERE, "SCHEMATHESIS_HOOKS": "hooks", "SYNCD_CONFORMANCE": json.dumps(known)})
    if done.returncode != 0:
        text = done.stdout.partition("FAILURES")[2] or done.stdout or done.stderr
        raise Failure(f"What the server does is not what the document says (seed {seed}): {text[-6000:]}")
    found = re.search(r"(\d+) generated", done.stdout)
    expect(found and int(found[1]) > 50, f"Schemathesis sent next to nothing: {done.stdout[-2000:]}")
    return int(found[1])


def check_schemas(report, document, make_server, seed, examples):
    """All callers, each with a server of its own, for they change it; two at a time, for most of the time goes into
    making requests up."""
    def run(name, is_protected, play):
        with report.check(f"schemathesis: {name}"), make_server(name.split()[0]) as server:
            first = server.generation
            digests = [server.ask("GET", f"/v1/generations/{first}").json()["digest"], server.change()["digest"]]
            if is_protected:
                server.edit("directory", {"op": "set-password", **DEVELOPER})
            with contextlib.ExitStack() as stack:
                caller = play(server, stack)
                process = server.begin_process(caller.session["id"]) if caller.session else 0
                schemathesis(document, caller, process, digests, first, seed, examples, server.folder)

    def same_machine(server, stack):
        relay = stack.enter_context(Relay(to_socket(server.socket_path)))
        # The socket lets in whoever may open it: taking the bearer token away changes nothing there.
        return Caller(f"http://127.0.0.1:{relay.port}", server.open_session(locally=True), without=["ignored_auth"])

    def remote(server, _):
        return Caller(server.url, server.open_session(**DEVELOPER), phases="examples,coverage")

    def anybody(server, _):
        return Caller(server.url, phases="examples,fuzzing")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pool.submit(run, "same machine, on the unix socket, with a session", False, same_machine)
        pool.submit(run, "remote, with a session by user and password", True, remote)
        pool.submit(run, "anybody on loopback", False, anybody)
        pool.submit(run, "nobody in particular, where the Designer has a password", True, anybody)


def check_routes(report, document, server):
    with report.check("every path of the document has the methods that Allow names"):
        for path, methods in document.methods().items():
            path = re.sub(r"{\w+}", "x", path)
            answer = server.ask_locally("PURGE", path)
            equal(answer.status, 405, f"The answer to PURGE {path}")
            document.check("Problem", answer.json())
            equal(set(answer.fields["allow"].split(", ")), methods, f"Allow of {path}")
    with report.check("a proof as the document describes it makes a TCP connection a same-machine client's"):
        equal(server.ask("GET", "/v1/status").status, 403, "The answer to GET /v1/status without a proof")
        with contextlib.closing(server.prove()) as connection:
            answer = ask(connection, "GET", "/v1/status")
            equal(answer.status, 200, "The answer to GET /v1/status after a proof")
            document.check("ProjectStatus", answer.json())


def check_versions(report, document, server):
    hello = server.ask("GET", "/v1/hello").json()
    with report.check("hello names the versions of the API and the features that docs/ explain"):
        document.check("Hello", hello)
        expect(hello["api"]["min"] <= hello["api"]["max"], f"The versions are {hello['api']}.")
        folder = os.path.dirname(document.path)
        text = ""
        for name in glob.glob(os.path.join(folder, "*.md")):
            with open(name, encoding="utf-8") as file:
                text += file.read().lower()
        for feature in hello["features"]:
            words = feature.replace("-", "[- ]").removesuffix("s")
            expect(re.search(words, text), f"docs/ do not explain the feature {feature}.")
    for least, most, word in [(97, 99, "newer server"), (0, 0, "newer client")]:
        with report.check(f"a client of the versions {least} to {most} gets a sentence with both ranges"):
            answer = server.ask("POST", "/v1/sessions", body={"client": "books 1.2", "api": {"min": least, "max": most}})
            equal(answer.status, 400, "The status")
            problem = answer.json()
            document.check("Problem", problem)
            equal(problem["type"], "urn:syncd:problem:api-unsupported", "The type")
            for part in (word, str(least), str(most), str(hello["api"]["max"])):
                expect(part in problem["detail"], f"The sentence has no '{part}': {problem['detail']}")
            expect(problem["detail"].endswith("."), f"This is no sentence: {problem['detail']}")
    with report.check("a client that also speaks later versions gets the highest that both know"):
        session = server.open_session(api={"min": 1, "max": 99}, capabilities=["unknown"])
        document.check("ClientSession", session)
        equal(session["api"], hello["api"]["max"], "The agreed version")
        bearer = {"Authorization": f"Bearer {session['token']}"}
        document.check("ClientSession", server.ask("GET", "/v1/sessions/self", bearer).json())
        equal(server.ask("DELETE", "/v1/sessions/self", bearer).status, 204, "The answer to closing the session")
        equal(server.ask("GET", "/v1/sessions/self", bearer).status, 401, "The answer to the closed session's token")


def check_edits(report, document, server):
    body = {"op_id": "conformance-1", "operations": [{"op": "add-field", "table": "Books", "name": "Weight_kg", "type": "alpha"}]}
    tag = server.ask_locally("GET", "/v1/catalog").fields["etag"]
    with report.check("an edit without a revision gets 428, with an old one 412 and the current one, a repetition its first answer"):
        equal(server.ask_locally("POST", "/v1/catalog/ops", {}, body).status, 428, "The answer without If-Match")
        stale = server.ask_locally("POST", "/v1/catalog/ops", {"If-Match": '"old"'}, body)
        equal(stale.status, 412, "The answer to an old revision")
        document.check("Problem", stale.json())
        equal((stale.fields["etag"], f'"{stale.json()["revision"]}"'), (tag, tag), "The revision of the 412")
        first = server.ask_locally("POST", "/v1/catalog/ops", {"If-Match": tag}, body)
        equal(first.status, 200, "The answer to the edit")
        document.check("EditResult", first.json())
        again = server.ask_locally("POST", "/v1/catalog/ops", {"If-Match": tag}, body)
        equal((again.status, again.json()), (200, first.json()), "The answer to its repetition")
