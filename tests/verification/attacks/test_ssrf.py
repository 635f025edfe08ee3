"""Server-side request forgery: no URL in a request is fetched, and no deployed module contains an HTTP client."""

from __future__ import annotations

import ast
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import files
from tests.client import call
from tests.shop import token
from tests.verification.attacks.actions import send_request
from tests.verification.attacks.generated_requests import ROW_BY_ENDPOINT, list_positions, replace_at
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.principals import find_endpoint, least_privileged, with_ids
from tests.verification.endpoints.sample_shop import RATNA, STAFF

ROOT = Path(__file__).parents[3]
CLIENTS = {
    *("requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "socket", "ftplib", "smtplib"),
    *("telnetlib", "xmlrpc", "websocket", "subprocess", "paramiko", "pycurl"),
}
AWS_CLIENTS = {"kit/files.py", "kit/config.py", "notify/transports.py"}  # botocore with its own endpoints
URL_FORMS = [
    *("http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:169.254.169.254]/", "http://0/"),
    *(
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://127.1/",
        "http://127.0.0.1:22/",
    ),
    *(
        "http://localhost/",
        "http://localtest.me/",
        "http://169.254.169.254.nip.io/",
        "http://metadata.google.internal/",
    ),
    *("file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/", "ftp://127.0.0.1/"),
    *("ldap://127.0.0.1/", "jar:http://127.0.0.1!/", "s3://test-files/proofs", "arn:aws:s3:::test-files/proofs"),
    *("http://user@169.254.169.254/", "http://169.254.169.254#@shop.test/", "http://shop.test@169.254.169.254/"),
    *("//169.254.169.254/", "\\\\169.254.169.254\\share", "http:169.254.169.254", "http://169.254.169.254%2f@x/"),
    *("http://\u2460\u2465\u2468.254.169.254/", "http://169.254.169.254:80\\@shop.test/", "data:text/html,<p>"),
    *("http://shop.test/../../", "http://[fd00:ec2::254]/", "http://100.100.100.200/", "http://192.168.0.1/"),
    *("http://10.0.0.1/", "http://127.0.0.1:8000/api/health", "javascript:alert(1)", "http://\u0131ocalhost/"),
    *("http://169\u3002254\u3002169\u3002254/", "http://0177.0.0.1/", "http://[0:0:0:0:0:ffff:127.0.0.1]/"),
]


def list_imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", sorted((ROOT / "chalicelib").rglob("*.py")), ids=lambda file: file.stem)
def test_no_deployed_module_imports_an_http_client(file: Path) -> None:
    """Shopware fixed an SSRF in one endpoint but not in a similar one. Here no endpoint can send requests."""
    imports = set(list_imports(file))

    assert imports & CLIENTS == set()
    if file.relative_to(ROOT / "chalicelib").as_posix() not in AWS_CLIENTS:
        assert not [name for name in imports if name.startswith(("boto3", "botocore.session"))]


def test_no_body_and_no_query_takes_a_url() -> None:
    document = (ROOT / "openapi.json").read_text()
    fields = {name.lower() for name in _property_names(json.loads(document))}

    assert '"format": "uri"' not in document and '"format": "url"' not in document
    assert not [name for name in fields if any(part in name for part in ("url", "uri", "webhook", "callback", "href"))]


def _property_names(document: Any) -> Iterator[str]:
    """Yield the names of the fields and parameters of requests."""
    for name, schema in document["components"]["schemas"].items():
        if name != "Problem":
            yield from schema.get("properties", {})
    for methods in document["paths"].values():
        for operation in methods.values():
            yield from (parameter["name"] for parameter in operation.get("parameters", []))


@pytest.mark.parametrize("name", sorted(name for name in ROW_BY_ENDPOINT if find_endpoint(name).body))
def test_a_url_in_any_field_is_never_fetched(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """OWASP API7: forty ways to write an internal URL into a field; no connection is opened."""
    connections: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: connections.append(args))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: connections.append(args))
    row = ROW_BY_ENDPOINT[name]
    if row.prepare:
        row.prepare(shop.sample)
    principal = least_privileged(row)
    body = with_ids(shop.sample, row.body if row.body is not None else find_endpoint(name).example)
    texts = [at for at in list_positions(body) if isinstance(_at(body, at), str)]
    query = {"token": shop.sample.tokens[row.own_order]} if principal == "own" else None
    parts = {part: shop.sample.ids.get(value, value) for part, value in row.path_parts.items()}
    path = f"/api{find_endpoint(name).path.format(**parts)}"

    for number, form in enumerate(URL_FORMS):
        at = texts[number % len(texts)] if texts else ()
        staff_token, key = token(STAFF[principal]) if principal in STAFF else "", shop.sample.next_key()
        content = replace_at(body, at, form) if at else form
        answer = call(find_endpoint(name).method, path, content, token=staff_token, key=key, query=query)
        assert answer.status < 500

    assert connections == []


def _at(body: Any, at: tuple[Any, ...]) -> Any:
    for part in at:
        body = body[part]
    return body


def test_a_proof_reference_is_never_used_as_a_file_key(shop: MemoryShop) -> None:
    """A reference that looks like a key of the bucket must not show another customer's picture."""
    order = shop.sample.ids["a waiting order"]
    payment, mine = shop.sample.ids["a waiting payment"], shop.sample.tokens["a waiting order"]

    for form in [*URL_FORMS[:5], "../secrets", "backups/all.zip"]:
        shop.reset()
        answer = send_request(shop, "POST", f"/payments/{payment}/proof", {"reference": form[:100]}, token=mine)
        shown = send_request(shop, "GET", f"/payments/{payment}/proof", by=RATNA)
        assert (answer.status, shown.json["reference"], shown.json["data"]) == (200, form[:100], None), order


def test_a_reference_that_looks_like_a_stored_picture_is_refused(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Regression: `proofs/…` as a *reference* was read as the key of a picture, which was then downloaded."""
    fetched: list[str] = []
    monkeypatch.setattr(files, "download", lambda key: fetched.append(key) or ("image/png", b"x"))
    payment, mine = shop.sample.ids["a waiting payment"], shop.sample.tokens["a waiting order"]
    reference = f"proofs/{'0' * 40}"

    answer = send_request(shop, "POST", f"/payments/{payment}/proof", {"reference": reference}, token=mine)

    assert answer.status == 422
    assert fetched == []


def test_there_are_forty_url_forms() -> None:
    assert len(set(URL_FORMS)) >= 40
