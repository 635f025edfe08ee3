"""A proxy before the local engine that supports importing an API document, which the engine does not.

It handles two requests itself, importing a REST API and replacing one, and forwards all others.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
# Headers that apply to one connection and are not forwarded.
HOP_BY_HOP_HEADERS = {"connection", "transfer-encoding", "content-length", "expect"}
FUNCTION_PATH = re.compile(r"/2015-03-31/functions/[^/]+")
INTEGRATION = {"uri": "uri", "httpMethod": "integrationHttpMethod", "contentHandling": "contentHandling"}


class ApiImporter:
    """Builds a REST API from a Swagger 2.0 document with the engine's own calls."""

    def __init__(self, engine: str, region: str) -> None:
        self.client = boto3.client(
            "apigateway",
            endpoint_url=engine,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def create(self, document: dict[str, Any], kinds: list[str]) -> str:
        """Create an API with these endpoint types, such as REGIONAL, and return its id."""
        binary = document.get("x-amazon-apigateway-binary-media-types", [])
        api = self.client.create_rest_api(
            name=document["info"]["title"], binaryMediaTypes=binary, endpointConfiguration={"types": kinds}
        )
        self.add_paths(api["id"], document)
        return str(api["id"])

    def replace(self, api: str, document: dict[str, Any]) -> str:
        """Replace all resources of an API and return its id."""
        resources = self.list_resources(api)
        for path in sorted(set(resources) - {"/"}, key=len, reverse=True):  # the engine does not delete children
            self.client.delete_resource(restApiId=api, resourceId=resources[path])
        self.add_paths(api, document)
        return api

    def add_paths(self, api: str, document: dict[str, Any]) -> None:
        existing = self.list_resources(api)
        for path, operations in document["paths"].items():
            resource = self.ensure_resource(api, path, existing)
            for method in METHODS:
                if method in operations:
                    self.add_method(api, resource, method.upper(), path, operations[method])

    def ensure_resource(self, api: str, path: str, existing: dict[str, str]) -> str:
        """The id of the path's resource, created with its parents if it is missing."""
        if path not in existing:
            parent_path, _, part = path.rpartition("/")
            parent = self.ensure_resource(api, parent_path or "/", existing)
            resource = self.client.create_resource(restApiId=api, parentId=parent, pathPart=part)
            existing[path] = resource["id"]
        return existing[path]

    def add_method(self, api: str, resource: str, method: str, path: str, operation: dict[str, Any]) -> None:
        if operation.get("security"):
            raise ValueError(f"{method} {path} has an authorizer, which the proxy does not support")
        target = {"restApiId": api, "resourceId": resource, "httpMethod": method}
        parts = {f"method.request.path.{name}": True for name in re.findall(r"{(\w+)}", path)}
        self.client.put_method(**target, authorizationType="NONE", requestParameters=parts)
        for status in operation.get("responses", {}):
            self.client.put_method_response(**target, statusCode=str(status))
        integration = operation["x-amazon-apigateway-integration"]
        options = {option: integration[name] for name, option in INTEGRATION.items() if name in integration}
        self.client.put_integration(**target, type=integration["type"].upper(), **options)

    def list_resources(self, api: str) -> dict[str, str]:
        resources = self.client.get_resources(restApiId=api, limit=500)["items"]
        return {resource["path"]: resource["id"] for resource in resources}


class Handler(BaseHTTPRequestHandler):
    """Answers imports of an API itself and forwards all other requests to `engine`, the engine's address."""

    protocol_version = "HTTP/1.1"
    engine = ""

    def log_message(self, *_: Any) -> None:
        """Write no access log."""

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers.get("Authorization", ""))
        try:
            response = self.import_api(body, region[1]) if region else None
        except Exception as error:
            response = 400, {"message": f"{type(error).__name__}: {error}"}
        if response is None:
            self.forward(body)
        else:
            self.respond(response[0], [("Content-Type", "application/json")], json.dumps(response[1]).encode())

    def import_api(self, body: bytes, region: str) -> tuple[int, dict[str, Any]] | None:
        """Status and body of the response to an import; None for other requests."""
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if self.command == "POST" and url.path == "/restapis" and query.get("mode") == ["import"]:
            document = json.loads(body)
            kinds = query.get("endpointConfigurationTypes", ["REGIONAL"])
            api = ApiImporter(self.engine, region).create(document, kinds)
            return 201, {"id": api, "name": document["info"]["title"]}
        existing = re.fullmatch(r"/restapis/(\w+)", url.path)
        if self.command == "PUT" and existing:
            document = json.loads(body)
            api = ApiImporter(self.engine, region).replace(existing[1], document)
            return 200, {"id": api, "name": document["info"]["title"]}
        return None

    def forward(self, body: bytes) -> None:
        target = urlsplit(self.engine)
        connection = HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=120)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP_HEADERS}
        connection.request(self.command, self.path, body, headers | {"Content-Length": str(len(body))})
        response = connection.getresponse()
        content = response.read()
        if self.command == "GET" and FUNCTION_PATH.match(self.path) and b'"State": "Pending"' in content:
            time.sleep(0.1)  # Chalice itself polls a pending function only every five seconds
            return self.forward(body)
        if self.path.startswith("/restapis"):  # the engine sends "" for AWS's null, which botocore cannot parse
            content = content.replace(b'"minimumCompressionSize": ""', b'"minimumCompressionSize": null')
        connection.close()
        return self.respond(response.status, response.getheaders(), content)

    def respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the client timed out and will retry
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
