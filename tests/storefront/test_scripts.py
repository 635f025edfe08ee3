from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from chalicelib.kit.texts import LANGUAGES, texts
from chalicelib.pricing.model import NO_EFFECT_REASONS

NODE = shutil.which("node")
FILES = sorted(str(file) for file in (Path(__file__).parent / "js").glob("*.test.js"))


@pytest.mark.skipif(NODE is None, reason="needs Node.js 20 or newer: it runs the tests of the browser's modules")
def test_the_pure_modules_of_the_browser() -> None:
    process = subprocess.run([str(NODE), "--test", *FILES], capture_output=True, text=True, check=False, timeout=120)

    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_why_a_coupon_takes_nothing_off_has_a_text_in_the_shop_and_at_the_desk(language: str) -> None:
    for pages in (texts(language, "script")["script"], texts(language, "desk")["desk"]):
        assert set(pages["coupon_causes"]) == set(NO_EFFECT_REASONS)
