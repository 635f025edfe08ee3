"""Serves the files that storefront.build wrote, as the CDN does for a deployed stage."""

from __future__ import annotations

import mimetypes
import os
import re
from email.utils import formatdate
from pathlib import Path

ROOT = Path(os.environ.get("SITE") or Path(__file__).parent.parent / "build" / "site")
PRODUCT_PAGE = re.compile(r"^((?:en/)?p/.+)\.html$")
TEXT_MEDIA_TYPES = {"application/json", "application/manifest+json", "application/xml"}  # besides text/*
Response = tuple[int, dict[str, str], bytes]  # status, headers, body
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'"
)


def find_page(path: str, headers: dict[str, str], root: Path | None = None) -> Response | None:
    """The response to a path, or None if the site has no such file.

    `/p/TEA/` is the file p/TEA.html; any other path with a final slash is the index.html of that folder. The path of a
    page without the final slash is redirected.
    """
    if "\0" in path:  # not allowed in file names
        return None
    base = (root or ROOT).resolve()
    file = (base / path.lstrip("/")).resolve()
    if not file.is_relative_to(base):
        return None
    page = file.with_name(f"{file.name}.html") if file.parent.name == "p" else file / "index.html"
    if path.endswith("/"):
        return read_file(page, headers)
    return (301, {"Location": f"{path}/"}, b"") if page.is_file() else read_file(file, headers)


def path_to_bucket_key(file: str) -> str:
    """The bucket key of a file: p/TEA/index.html for p/TEA.html, because the CDN only knows index.html of folders."""
    return PRODUCT_PAGE.sub(r"\1/index.html", file)


def not_found_page(path: str, headers: dict[str, str], root: Path | None = None) -> Response | None:
    """The response with the site's 404 page in the language of the path; None for clients that do not accept HTML."""
    if "text/html" not in headers.get("accept", ""):
        return None
    page = read_file((root or ROOT).resolve() / ("en/404.html" if path.startswith("/en/") else "404.html"), {})
    return (404, page[1], page[2]) if page else None


def read_file(file: Path, headers: dict[str, str]) -> Response | None:
    if not file.is_file():
        return None
    stat = file.stat()
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    response_headers = content_headers(file) | {
        "ETag": etag,
        "Last-Modified": formatdate(stat.st_mtime, usegmt=True),
    }
    if headers.get("if-none-match") == etag:
        return 304, response_headers, b""
    return 200, response_headers, file.read_bytes()


def content_headers(file: Path) -> dict[str, str]:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    is_text = media_type.startswith("text/") or media_type in TEXT_MEDIA_TYPES
    content_type = f"{media_type}; charset=utf-8" if is_text else media_type
    headers = {"Content-Type": content_type, "Cache-Control": "no-cache"}
    return headers | {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": CONTENT_SECURITY_POLICY}
