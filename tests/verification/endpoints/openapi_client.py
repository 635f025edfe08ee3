"""A client that knows nothing but openapi.json: what an integrator's generator would make of it."""

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

    def request(self, operation_id: str, file: bytes | None = None, /, **said: Any) -> Any:
        """Parameters go where the document says; the rest changes fields of the body's example. A `file` goes as it
        is, where the document takes one."""
        method, path, operation = self.operations[operation_id]
        places = {each["name"]: each["in"] for each in operation.get("parameters", [])} | self.tokens()
        query = {name: said.pop(name) for name in list(said) if places.get(name) == "query"}
        parts = {name: said.pop(name) for name in list(said) if places.get(name) == "path"}
        keys = {name: self.key() for name, place in places.items() if place == "header"}
        kind, body = self.body(operation, said, file)
        path = self.document["servers"][0]["url"] + path.format(**parts)
        answer = call(method, path, body, headers=keys | {"Content-Type": kind}, token=self.token, query=query)
        assert str(answer.status) in operation["responses"], answer.text
        return answer.json

    def tokens(self) -> dict[str, str]:
        schemes = self.document["components"]["securitySchemes"].values()
        return {each["name"]: each["in"] for each in schemes if each["type"] == "apiKey"}

    def key(self) -> str:
        self.request_count += 1
        return f"made-by-a-generator-{self.request_count}"

    def body(self, operation: dict[str, Any], said: dict[str, Any], file: bytes | None) -> tuple[str, Any]:
        """Of the first media type that shows an example, or for a file of the one that takes bytes."""
        content = operation.get("requestBody", {}).get("content", {})
        if file is not None:
            return next(kind for kind, told in content.items() if told["schema"].get("format") == "binary"), file
        kind, told = next(((kind, told) for kind, told in content.items() if "example" in told), ("", {}))
        if not kind:
            return "application/json", None
        body = told["example"] | said if isinstance(told["example"], dict) else told["example"]
        Draft202012Validator(self.schema(told["schema"])).validate(body)
        return kind, body

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema | {"components": self.document["components"]}
