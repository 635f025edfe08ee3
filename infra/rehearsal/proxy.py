"""Stands before the local engine and understands Chalice's API documents, which the engine does not read.

Two requests are answered here, importing a REST API and replacing one; everything else passes through untouched.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
HOP_BY_HOP_HEADERS = {
    "connection",
    "transfer-encoding",
    "content-length",
    "expect",
}  # between two neighbours, not end to end
FUNCTION_PATH = re.compile(r"/2015-03-31/functions/[^/]+")
INTEGRATION = {"uri": "uri", "httpMethod": "integrationHttpMethod", "contentHandling": "contentHandling"}


class ApiImporter:
    """Makes an API look like a Swagger 2.0 document by the engine's own plain calls."""

    def __init__(self, engine: str, region: str) -> None:
        self.client = boto3.client(
            "apigateway",
            endpoint_url=engine,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def create(self, document: dict[str, Any], kinds: list[str]) -> str:
        binary = document.get("x-amazon-apigateway-binary-media-types", [])
        made = self.client.create_rest_api(
            name=document["info"]["title"], binaryMediaTypes=binary, endpointConfiguration={"types": kinds}
        )
        self.add_paths(made["id"], document)
        return str(made["id"])

    def replace(self, api: str, document: dict[str, Any]) -> str:
        resources = self.list_resources(api)
        for path in sorted(set(resources) - {"/"}, key=len, reverse=True):  # the engine leaves children behind
            self.client.delete_resource(restApiId=api, resourceId=resources[path])
        self.add_paths(api, document)
        return api

    def add_paths(self, api: str, document: dict[str, Any]) -> None:
        standing = self.list_resources(api)
        for path, operations in document["paths"].items():
            resource = self.ensure_resource(api, path, standing)
            for method in METHODS:
                if method in operations:
                    self.add_method(api, resource, method.upper(), path, operations[method])

    def ensure_resource(self, api: str, path: str, standing: dict[str, str]) -> str:
        """Of this path, made with the ones above it where they are missing."""
        if path not in standing:
            above, _, part = path.rpartition("/")
            parent = self.ensure_resource(api, above or "/", standing)
            made = self.client.create_resource(restApiId=api, parentId=parent, pathPart=part)
            standing[path] = made["id"]
        return standing[path]

    def add_method(self, api: str, resource: str, method: str, path: str, operation: dict[str, Any]) -> None:
        if operation.get("security"):
            raise ValueError(f"{method} {path} names an authorizer, which this rehearsal does not lay out")
        where = {"restApiId": api, "resourceId": resource, "httpMethod": method}
        parts = {f"method.request.path.{name}": True for name in re.findall(r"{(\w+)}", path)}
        self.client.put_method(**where, authorizationType="NONE", requestParameters=parts)
        for status in operation.get("responses", {}):
            self.client.put_method_response(**where, statusCode=str(status))
        said = operation["x-amazon-apigateway-integration"]
        kept = {ours: said[theirs] for theirs, ours in INTEGRATION.items() if theirs in said}
        self.client.put_integration(**where, type=said["type"].upper(), **kept)

    def list_resources(self, api: str) -> dict[str, str]:
        found = self.client.get_resources(restApiId=api, limit=500)["items"]
        return {each["path"]: each["id"] for each in found}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine = ""

    def log_message(self, *_: Any) -> None:
        """Chatter of a proxy helps nobody."""

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers.get("Authorization", ""))
        try:
            answer = self.answer_import(body, region[1]) if region else None
        except Exception as error:
            answer = 400, {"message": f"{type(error).__name__}: {error}"}
        if answer is None:
            self.forward(body)
        else:
            self.respond(answer[0], [("Content-Type", "application/json")], json.dumps(answer[1]).encode())

    def answer_import(self, body: bytes, region: str) -> tuple[int, dict[str, Any]] | None:
        asked = urlsplit(self.path)
        words = parse_qs(asked.query)
        if self.command == "POST" and asked.path == "/restapis" and words.get("mode") == ["import"]:
            document = json.loads(body)
            api = ApiImporter(self.engine, region).create(
                document, words.get("endpointConfigurationTypes", ["REGIONAL"])
            )
            return 201, {"id": api, "name": document["info"]["title"]}
        one = re.fullmatch(r"/restapis/(\w+)", asked.path)
        if self.command == "PUT" and one:
            document = json.loads(body)
            return 200, {
                "id": ApiImporter(self.engine, region).replace(one[1], document),
                "name": document["info"]["title"],
            }
        return None

    def forward(self, body: bytes) -> None:
        target = urlsplit(self.engine)
        onward = HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=120)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP_HEADERS}
        onward.request(self.command, self.path, body, headers | {"Content-Length": str(len(body))})
        answer = onward.getresponse()
        said = answer.read()
        if self.command == "GET" and FUNCTION_PATH.match(self.path) and b'"State": "Pending"' in said:
            threading.Event().wait(0.1)
            return self.forward(body)  # Chalice would look again in five seconds only, for each function
        if self.path.startswith("/restapis"):  # the engine says "" where AWS says null, which botocore cannot read
            said = said.replace(b'"minimumCompressionSize": ""', b'"minimumCompressionSize": null')
        onward.close()
        return self.respond(answer.status, answer.getheaders(), said)

    def respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked waits no longer, and asks again
            self.send(status, headers, body)

    def send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_request


@contextmanager
def run_proxy(engine: str) -> Iterator[str]:
    """The proxy's address, as long as the block runs."""
    handler = type("Handler", (Handler,), {"engine": engine})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
