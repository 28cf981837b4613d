"""docs/events.md against the schemas of docs/openapi.yaml."""

import json
import os
import re

from report import equal, expect


def check(report, document):
    with open(os.path.join(os.path.dirname(document.path), "events.md"), encoding="utf-8") as file:
        text = file.read()
    with report.check("docs/events.md: every kind of event has an example, and each is as the document has it"):
        examples = re.findall(r"^id: (.*)\nevent: (.*)\ndata: (.*)$", text, re.M)
        for id, name, data in examples:
            document.check_event({"id": id, "event": name, "data": json.loads(data)})
        equal({name for _, name, _ in examples}, document.event_names, "The set of events that have an example")
    with report.check("docs/events.md: every kind of event has a section that names its fields"):
        sections = dict(re.findall(r"^### `([a-z-]+)`\n(.*?)(?=^#|\Z)", text, re.M | re.S))
        # One section has both, for they have the same fields.
        sections["directory"] = sections.get("catalog", "")
        for name in document.event_names:
            expect(name in sections, f"{name} has no section.")
            for field in document.fields(name):
                expect(f"`{field}`" in sections[name], f"The section on {name} does not name `{field}`.")
    with report.check("docs/events.md: every reason for a reset is told"):
        for why in document.schemas["ResetEvent"]["properties"]["data"]["properties"]["why"]["enum"]:
            expect(f"`{why}`" in text, f"{why} is not told.")
