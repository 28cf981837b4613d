"""docs/openapi.yaml: its paths, and validators for what it describes."""

import jsonschema_rs
import openapi_spec_validator
import yaml

from report import Failure, expect

METHODS = ("get", "head", "put", "post", "delete", "patch", "options")


class Document:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.content = yaml.safe_load(file)
        openapi_spec_validator.validate(self.content)
        self.validators = {}

    @property
    def event_names(self):
        return {self.schema(part["$ref"])["properties"]["event"]["const"] for part in self.schemas["Event"]["oneOf"]}

    @property
    def schemas(self):
        return self.content["components"]["schemas"]

    def schema(self, reference):
        return self.schemas[reference.rsplit("/", 1)[1]]

    def fields(self, event):
        """The names in an event's data."""
        for part in self.schemas["Event"]["oneOf"]:
            found = self.schema(part["$ref"])["properties"]
            if found["event"]["const"] == event:
                data = found["data"]
                return (self.schema(data["$ref"]) if "$ref" in data else data).get("properties", {})
        raise Failure(f"The document has no event {event}.")

    def methods(self):
        """Each path with its methods in upper case."""
        return {path: {word.upper() for word in METHODS if word in item} for path, item in self.content["paths"].items()}

    def check(self, name, value):
        """Holds a value against a schema."""
        if name not in self.validators:
            schema = {"$ref": f"#/components/schemas/{name}", "components": self.content["components"]}
            self.validators[name] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        try:
            self.validators[name].validate(value)
        except jsonschema_rs.ValidationError as error:
            raise Failure(f"This is no {name} as the document has it, {error.message}: {value}") from None

    def check_event(self, message):
        """Holds a message against its own type's schema, whose complaint says more than that of all types."""
        expect(message.get("event") in self.event_names, f"The document has no event like {message}.")
        words = message["event"].split("-")
        self.check("".join(word.capitalize() for word in words) + "Event", message)
        self.check("Event", message)
        return message
