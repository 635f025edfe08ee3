"""A client that knows nothing but openapi.json: what an integrator's generator would make of it."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from tests.client import call


class Client:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }
        self.requests = 0

    def do(self, operation_id: str, **said: Any) -> Any:
        """Parameters go where the document says; the rest changes fields of the body's example."""
        method, path, operation = self.operations[operation_id]
        places = {each["name"]: each["in"] for each in operation.get("parameters", [])} | self.tokens()
        query = {name: said.pop(name) for name in list(said) if places.get(name) == "query"}
        parts = {name: said.pop(name) for name in list(said) if places.get(name) == "path"}
        keys = {name: self.key() for name, place in places.items() if place == "header"}
        body = self.body(operation, said)
        path = self.document["servers"][0]["url"] + path.format(**parts)
        answer = call(method, path, body, headers=keys, query=query)
        assert str(answer.status) in operation["responses"], answer.text
        return answer.json

    def tokens(self) -> dict[str, str]:
        schemes = self.document["components"]["securitySchemes"].values()
        return {each["name"]: each["in"] for each in schemes if each["type"] == "apiKey"}

    def key(self) -> str:
        self.requests += 1
        return f"made-by-a-generator-{self.requests}"

    def body(self, operation: dict[str, Any], said: dict[str, Any]) -> Any:
        if "requestBody" not in operation:
            return None
        content = operation["requestBody"]["content"]["application/json"]
        body = content["example"] | said
        Draft202012Validator(self.schema(content["schema"])).validate(body)
        return body

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema | {"components": self.document["components"]}
