"""`make screenshots`: writes docs/images/ from a shop that `make run` has started."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM_ARGUMENTS, find_browser

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}


def main() -> int:
    tokens = Path(os.environ.get("LOCAL") or ROOT / ".local", "tokens.json")
    if not tokens.exists():
        print("No shop is running here; start one with `make run` in another terminal.")
        return 1
    url = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    staff = json.loads(tokens.read_text()).values()
    owner = next(member["token"] for member in staff if member["role"] == "owner")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_ARGUMENTS.split())
        save_screenshot(browser, f"{url}/en/", "shop.png")
        save_screenshot(browser, f"{url}/desk/#token={owner}", "desk.png", press="English")
        browser.close()
    return 0


def save_screenshot(browser: Any, address: str, name: str, press: str = "") -> None:
    page = browser.new_page(viewport=DESKTOP, locale="en-GB")
    page.goto(address, wait_until="networkidle")
    if press:
        page.get_by_text(press, exact=True).click()
        page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / name)
    page.close()
    print(f"docs/images/{name}")


if __name__ == "__main__":
    sys.exit(main())
