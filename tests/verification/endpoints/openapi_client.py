"""An API client built from openapi.json alone, like one that a code generator makes for an integrator."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from tests.client import call


class OpenApiClient:
    def __init__(self, document: dict[str, Any], signed: str = "") -> None:
        self.document = document
        self.token = signed
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }
        self.request_count = 0

    def request(self, operation_id: str, file: bytes | None = None, /, **arguments: Any) -> Any:
        """Send the operation and return the JSON of its response.

        Arguments named like path or query parameters are sent as these; the others replace fields in the example of
        the body. `file` is sent as the whole body.
        """
        method, path, operation = self.operations[operation_id]
        locations = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", [])}
        locations |= self.tokens()
        query = {name: arguments.pop(name) for name in list(arguments) if locations.get(name) == "query"}
        parts = {name: arguments.pop(name) for name in list(arguments) if locations.get(name) == "path"}
        keys = {name: self.key() for name, location in locations.items() if location == "header"}
        media_type, body = self.body(operation, arguments, file)
        path = self.document["servers"][0]["url"] + path.format(**parts)
        headers = keys | {"Content-Type": media_type}
        answer = call(method, path, body, headers=headers, token=self.token, query=query)
        assert str(answer.status) in operation["responses"], answer.text
        return answer.json

    def tokens(self) -> dict[str, str]:
        schemes = self.document["components"]["securitySchemes"].values()
        return {scheme["name"]: scheme["in"] for scheme in schemes if scheme["type"] == "apiKey"}

    def key(self) -> str:
        self.request_count += 1
        return f"generated-client-key-{self.request_count}"

    def body(self, operation: dict[str, Any], fields: dict[str, Any], file: bytes | None) -> tuple[str, Any]:
        """Return (media type, body): of the first media type with an example, or of the binary one for a file."""
        content = operation.get("requestBody", {}).get("content", {})
        if file is not None:
            return next(name for name, media in content.items() if media["schema"].get("format") == "binary"), file
        examples = ((name, media) for name, media in content.items() if "example" in media)
        media_type, media = next(examples, ("", {}))
        if not media_type:
            return "application/json", None
        body = media["example"] | fields if isinstance(media["example"], dict) else media["example"]
        Draft202012Validator(self.schema(media["schema"])).validate(body)
        return media_type, body

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema | {"components": self.document["components"]}
