"""What schemathesis cannot know: names that exist, the revision that an edit is meant for, and that streams do not end.

Only what fits the document is replaced, so a value that is meant to be wrong stays wrong.
"""

import itertools
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request

import schemathesis

KNOWN = json.loads(os.environ["SYNCD_CONFORMANCE"])
DIGEST = re.compile(r"[0-9a-f]{64}")
GENERATION = re.compile(r"[0-9a-f]{1,16}:[0-9]{1,20}")
OPERATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
NUMBERS = itertools.count()
TAG = re.compile(r'"[!#-~]+"')
# None of what is generated is slow; a test has seconds for thousands of requests.
PATIENCE_MS = 200


@schemathesis.hook
def before_call(context, case, kwargs):
    name_what_exists(case)
    path = case.operation.path
    if path == "/v1/events":
        # The document has one operation for three carriers: here the one that ends.
        case.headers = {**(case.headers or {}), "Accept": "application/json"}
        shorten(case, "wait", 0, 60_000)
    elif path == "/v1/barriers/wait":
        shorten(case, "deadlineMs", 1, 600_000)
    elif path.endswith("/leases") and isinstance(case.body, dict):
        if type(case.body.get("durationMs", 1)) is int:
            duration = case.body.get("durationMs", 1)
            case.body = {**case.body, "durationMs": min(duration, PATIENCE_MS)}
    elif path.endswith("/storage"):
        name_revision(case, path.replace("{id}", case.path_parameters["id"]))
    elif path.endswith("/ops"):
        name_revision(case, path.removesuffix("/ops"))
        if isinstance(case.body, dict) and OPERATION_ID.fullmatch(str(case.body.get("op_id", ""))):
            # An id that was used before would get the answer from before.
            case.body = {**case.body, "op_id": f"c{next(NUMBERS)}"}


def name_what_exists(case):
    known = {"digest": KNOWN["digests"][-1], "from": KNOWN["digests"][0], "to": KNOWN["digests"][-1]}
    parameters = dict(case.path_parameters or {})
    for name, value in parameters.items():
        if name in known and DIGEST.fullmatch(str(value)):
            parameters[name] = known[name]
        elif name == "generation" and GENERATION.fullmatch(str(value)):
            parameters[name] = KNOWN["generation"]
        elif case.operation.path == "/v1/clients/{id}" and value == KNOWN["session"]:
            # Who tests keeps the session that it tests with.
            parameters[name] = "nobody"
        elif case.operation.path.startswith("/v1/sessions/{id}") and len(str(value)) % 2 == 0:
            # Any text fits; the others stay, so that what is not there is asked for too.
            if name == "id":
                parameters[name] = KNOWN["session"]
            elif name == "number" and str(value).isdigit():
                parameters[name] = KNOWN["process"]
    case.path_parameters = parameters


def shorten(case, name, low, high):
    value = (case.query or {}).get(name, low)
    if re.fullmatch(r"[0-9]{1,9}", str(value)) and low <= int(value) <= high:
        case.query = {**(case.query or {}), name: min(int(value), PATIENCE_MS)}


def name_revision(case, path):
    headers = case.headers or {}
    if TAG.fullmatch(str(headers.get("If-Match", ""))):
        case.headers = {**headers, "If-Match": revision(path)}


def revision(path):
    """The present tag, or a stale one for a caller that may not read it."""
    request = urllib.request.Request(KNOWN["url"] + urllib.parse.quote(path))
    if KNOWN["bearer"]:
        request.add_header("Authorization", "Bearer " + KNOWN["bearer"])
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.headers["ETag"]
    except urllib.error.HTTPError:
        return '"0"'
