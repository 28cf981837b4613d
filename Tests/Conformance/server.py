"""The built program on a copy of the sample project, and the plainest client that can talk to it."""

import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time

from report import expect

# Seconds that a step may take: what hangs is found, and a machine that is held up is no finding.
LIMIT = 120


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.body = body

    def json(self):
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("syncd", timeout=LIMIT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, method, path, fields=None, body=None):
    """One request on a connection; a body that is no bytes goes as JSON."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    connection.request(method, path, body=body, headers=fields or {})
    response = connection.getresponse()
    return Answer(response, response.read())


class Server:
    """`syncd serve` on a project of its own; the same project and port after a restart."""

    def __init__(self, program, fixture, folder, *options):
        self.program = program
        self.folder = folder
        self.project = os.path.join(folder, "project")
        self.state = os.path.join(folder, "state")
        self.options = options
        self.port = 0
        self.process = None
        shutil.copytree(fixture, self.project)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts it, or leaves the one that runs; the port of before may be another program's for a moment."""
        limit = time.monotonic() + LIMIT
        while not self.process:
            said = self.launch()
            expect(self.process or (self.port and "is in use" in said and time.monotonic() < limit),
                   f"The server did not start: {said}")
            if not self.process:
                time.sleep(0.1)

    def launch(self):
        """One try: what the server said where it does not serve."""
        log = open(os.path.join(self.folder, "log"), "ab")
        began = log.tell()
        self.process = subprocess.Popen(
            [self.program, "serve", self.project, "--listen", f"127.0.0.1:{self.port}", "--no-publish", *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            env={**os.environ, "SYNCD_STATE_DIR": self.state})
        log.close()
        alarm = threading.Timer(LIMIT, self.process.kill)
        alarm.start()
        line = self.process.stdout.readline()
        alarm.cancel()
        found = re.search(r"at 127\.0\.0\.1:(\d+), generation (\S+)", line)
        if not found:
            process, self.process = self.process, None
            process.kill()
            process.wait()
            process.stdout.close()
            with open(os.path.join(self.folder, "log"), encoding="utf-8") as text:
                text.seek(began)
                return line + text.read()
        self.port, self.generation = int(found[1]), found[2]
        return line

    def stop(self, forget=False):
        """Stops as an operator would; with `forget` what it knows goes too."""
        process, self.process = self.process, None
        if process:
            process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = "killed"
            process.stdout.close()
            expect(status == 0, f"The server ended with {status} after SIGTERM.")
        if forget:
            shutil.rmtree(self.state)

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.host}"

    @property
    def socket_path(self):
        return os.path.join(self.state, "syncd.sock")

    def ask(self, method, path, fields=None, body=None):
        """As anybody on loopback."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            return ask(connection, method, path, fields, body)
        finally:
            connection.close()

    def ask_locally(self, method, path, fields=None, body=None):
        """As the same machine, over the unix socket."""
        connection = UnixConnection(self.socket_path)
        try:
            return ask(connection, method, path, fields, body)
        finally:
            connection.close()

    def open_session(self, locally=False, **request):
        answer = (self.ask_locally if locally else self.ask)("POST", "/v1/sessions", body=request)
        expect(answer.status == 201, f"POST /v1/sessions answers {answer.status}: {answer.body.decode()}")
        return answer.json()

    def begin_process(self, session):
        """A process of a session: its number."""
        answer = self.ask_locally("POST", f"/v1/sessions/{session}/processes", body={"name": "conformance"})
        expect(answer.status == 201, f"A process gets {answer.status}: {answer.body.decode()}")
        return answer.json()["number"]

    def edit(self, file, *operations):
        """Edits the catalog or the directory."""
        tag = self.ask_locally("GET", f"/v1/{file}").fields["etag"]
        body = {"op_id": secrets.token_hex(8), "operations": list(operations)}
        answer = self.ask_locally("POST", f"/v1/{file}/ops", {"If-Match": tag}, body)
        expect(answer.status == 200, f"An edit of the {file} answers {answer.status}: {answer.body.decode()}")
        return answer.json()

    def write(self, path, text):
        with open(os.path.join(self.project, path), "w", encoding="utf-8") as file:
            file.write(text)

    def change(self):
        """Changes a method and waits for the generation with it: its record."""
        self.write("Project/Sources/Methods/Orders_Total.4dm", f"// {secrets.token_hex(16)}\n")
        return self.ask_locally("POST", "/v1/barriers").json()["generation"]

    def prove(self):
        """A TCP connection that has proven the same machine, as the document describes it."""
        with open(os.path.join(self.state, "projectToken.json"), encoding="utf-8") as file:
            token = json.load(file)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        challenge = ask(connection, "GET", "/v1/proof").json()
        nonce = secrets.token_hex(32)
        port = connection.sock.getsockname()[1]

        def code(side):
            lines = ["syncd-proof-1", side, challenge["serverID"], challenge["nonce"], nonce, str(self.port), str(port)]
            return hmac.new(bytes.fromhex(token["secret"]), "\n".join(lines).encode(), hashlib.sha256).hexdigest()

        answer = ask(connection, "POST", "/v1/proof", body={"nonce": nonce, "code": code("client")})
        expect(answer.status == 200, f"The proof is refused: {answer.body.decode()}")
        expect(answer.json()["code"] == code("server"), "The server's own code is wrong.")
        return connection
