"""Fixtures for tests in Chromium on built pages, with a stubbed API. Tests are skipped if Chromium is missing."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.site import CONTENT_SECURITY_POLICY
from storefront.build import build
from tests.storefront.build import settings, some_products

# The headless shell takes a third less CPU time than the browser.
BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)


class SiteHandler(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        """Return p/TEA.html for `/p/TEA/`, as `infra.site` does."""
        file = super().translate_path(path)
        page = f"{file.rstrip('/')}.html"
        return page if Path(page).is_file() else file

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that the browser closes when it leaves a page."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def find_browser() -> Path | None:
    return next((path for path in BROWSERS if path.exists()), None)


@pytest.fixture(scope="session")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = tmp_path_factory.mktemp("built") / "site"
    build(some_products(), settings(), site)
    server = Server(("127.0.0.1", 0), functools.partial(SiteHandler, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -r tests/requirements.txt"
    )
    path = find_browser()
    if path is None:
        pytest.skip(f"no browser at {BROWSERS[0]}: apt-get install --no-install-recommends chromium-headless-shell")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS.split())
        yield playwright, browser
        browser.close()


@pytest.fixture
def phone(chromium: Any, site_url: str) -> Iterator[Any]:
    """A page on a phone in Indonesia. Any error in a script, and any request to another host, fails the test."""
    playwright, browser = chromium
    device = playwright.devices["Pixel 7"] | {"locale": "id-ID", "timezone_id": "Asia/Jakarta", "base_url": site_url}
    context = browser.new_context(**device)
    page = context.new_page()
    page.set_default_timeout(8_000)
    errors: list[str] = []
    local = (site_url, "data:", "blob:")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("request", lambda request: None if request.url.startswith(local) else errors.append(request.url))
    yield page
    context.close()
    assert errors == []
