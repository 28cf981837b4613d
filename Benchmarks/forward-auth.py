#!/usr/bin/env python3
"""nginx that asks syncd about every request (auth_request, answers not cached), beside nginx that asks nobody. The browser
has a session with a privilege, and each page needs that privilege by the rule file.

A third nginx asks an empty 204 of nginx itself: what asking costs, whoever is asked. All three serve the same small file
to wrk, in turns, so that what else the machine does meets each of them.
"""

import argparse
import json
import os
import socket
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import unixhttp
from harness import Failure, Scratch

BAR = 0.3
KINDS = ("without", "syncd", "empty")

NGINX = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000;
  upstream syncd {{ server 127.0.0.1:{web}; keepalive 64; keepalive_requests 1000000; }}
  upstream empty {{ server 127.0.0.1:{answers}; keepalive 64; keepalive_requests 1000000; }}
  server {{ listen 127.0.0.1:{answers}; location / {{ return 204; }} }}
  server {{ listen 127.0.0.1:{without}; root {folder}/files; }}
  server {{
    listen 127.0.0.1:{syncd}; root {folder}/files;
    location / {{ auth_request /_check; auth_request_set $syncd_user $upstream_http_syncd_user; }}
    location = /_check {{ internal; proxy_pass http://syncd/_session/check; {question} }}
  }}
  server {{
    listen 127.0.0.1:{empty}; root {folder}/files;
    location / {{ auth_request /_check; }}
    location = /_check {{ internal; proxy_pass http://empty/; {question} }}
  }}
}}
"""

QUESTION = """
      proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header Host 127.0.0.1:%d;
      proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;
      proxy_http_version 1.1; proxy_set_header Connection "";
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def serve(binary, project, scratch):
    """syncd with a web listener; its process and the listener's port."""
    with open(scratch.at("web.rules"), "w", encoding="utf-8") as file:
        file.write("/login/** guest\n/** viewProducts\n")
    roles = os.path.join(project, "Project", "Sources", "roles.json")
    with open(roles, "w", encoding="utf-8") as file:
        json.dump({"privileges": [{"privilege": "viewProducts"}], "permissions": {"allowed": []}}, file)
    process = harness.spawn(
        [binary, "serve", project, "--listen", "127.0.0.1:0", "--state-dir", scratch.at("state"),
         "--web-listen", "127.0.0.1:0", "--web-rules", scratch.at("web.rules")],
        env=scratch.environment(), stdout=-1, stderr=-1, text=True)
    output, complaints = harness.Output(process.stdout), harness.Output(process.stderr)
    found = output.wait(lambda line: line.startswith("syncd: web at ") and line, 120)
    if not found or not output.wait(harness.READY.match, 120):
        harness.stop(process)
        raise Failure(f"syncd serve did not get ready. It said:\n{complaints.tail()}")
    return process, int(found.rsplit(":", 1)[1])


def load(port, cookie, seconds, connections):
    """Requests per second, all of them answered with 200."""
    done = harness.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Cookie: {cookie}", f"http://127.0.0.1:{port}/page.html"],
        timeout=seconds + 30).stdout.decode()
    if "Non-2xx" in done or "Socket errors" in done:
        raise Failure(f"wrk was not served as it should be:\n{done}")
    return float(done.split("Requests/sec:")[1].split()[0])


def main():
    parser = argparse.ArgumentParser(description="nginx with syncd's forward-auth check against nginx without.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="taken and not needed: the check knows nothing of the project's size")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=4, help="of one load (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=32, help="default: %(default)s")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    os.environ["PATH"] += ":/usr/sbin"
    harness.need("nginx", "wrk")
    with Scratch() as scratch:
        project = scratch.at("project")
        harness.generate(project, 100)
        folder = scratch.at("nginx")
        os.makedirs(folder + "/files")
        with open(folder + "/files/page.html", "w", encoding="utf-8") as file:
            file.write("<p>" + "x" * 1000 + "</p>\n")
        server, web = serve(binary, project, scratch)
        nginx = None
        try:
            ports = dict(zip(KINDS + ("answers",), free_ports(4)))
            user = "user root;" if os.geteuid() == 0 else ""
            with open(folder + "/nginx.conf", "w", encoding="utf-8") as file:
                file.write(NGINX.format(folder=folder, web=web, user=user, question=QUESTION % web, **ports))
            nginx = harness.spawn(["nginx", "-p", folder, "-c", folder + "/nginx.conf"])
            deadline = time.monotonic() + 20
            while True:
                try:
                    socket.create_connection(("127.0.0.1", ports["empty"])).close()
                    break
                except OSError:
                    if time.monotonic() > deadline or nginx.poll() is not None:
                        raise Failure("nginx did not get ready.") from None
                    time.sleep(0.05)
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/_session") as answer:
                cookie = answer.headers["Set-Cookie"].split(";")[0]
                session = json.load(answer)["info"]["ID"]
            caller = unixhttp.Caller(scratch.at("state"))
            status, _, told = caller.ask("POST", f"/v1/sessions/{session}/privileges", "viewProducts")
            if status != 200:
                raise Failure(f"the browser got no privilege: {status} {told}")
            # With other privileges comes another cookie.
            again = urllib.request.Request(f"http://127.0.0.1:{web}/_session", headers={"Cookie": cookie})
            with urllib.request.urlopen(again) as answer:
                cookie = answer.headers["Set-Cookie"].split(";")[0]
            harness.heading(f"forward-auth: {options.connections} connections, {options.rounds} × {options.seconds} s")
            rates = {kind: [] for kind in KINDS}
            for kind in KINDS:
                load(ports[kind], cookie, 1, options.connections)
            for turn in range(options.rounds):
                for place in range(len(KINDS)):
                    kind = KINDS[(turn + place) % len(KINDS)]
                    rates[kind].append(load(ports[kind], cookie, options.seconds, options.connections))
        finally:
            if nginx:
                harness.stop(nginx)
            harness.stop(server)
    # Of one round each: what disturbs a round disturbs both sides of its ratio.
    ratios = {kind: harness.median([a / b for a, b in zip(rates[kind], rates["without"])]) for kind in KINDS[1:]}
    met = ratios["syncd"] >= BAR
    print(f"  nginx alone         {harness.median(rates['without']):9,.0f} requests/s")
    print(f"  asking syncd        {harness.median(rates['syncd']):9,.0f} requests/s   {ratios['syncd']:.2f} of it "
          f"(bar: {BAR}; {'met' if met else 'NOT met'})")
    print(f"  asking an empty 204 {harness.median(rates['empty']):9,.0f} requests/s   {ratios['empty']:.2f} of it")
    harness.report({"benchmark": "forward-auth", "machine": harness.machine(), "load": harness.load(), "rates": rates,
                    "ratios": ratios, "bar": {"ratio": BAR, "met": met}}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
