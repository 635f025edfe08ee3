"""The locks agree with the pins they are compiled from, and every package has a hash. `make lock` mends a failure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("infra", "tests")
SHA256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """A package of a lock. `is_direct`: uv notes a requirements file among those that ask for the package."""

    pin: str
    hashes: int
    is_direct: bool


def direct_pins(file: Path) -> Iterator[str]:
    """The pins of a requirements file and of those it includes, as `name==version`."""
    for line in file.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            yield from direct_pins(file.parent / text.removeprefix("-r "))
        elif text:
            yield pin_of(text)


def entries(folder: str) -> list[Entry]:
    text = (ROOT / folder / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=\w)", text[re.search(r"^\w", text, re.M).start() :])
    return [
        Entry(
            pin_of(block.partition("\\")[0].partition("\n")[0]),
            len(SHA256.findall(block)),
            is_direct=re.search(r"^ +#.* -r ", block, re.M) is not None,
        )
        for block in blocks
    ]


def pin_of(line: str) -> str:
    requirement = Requirement(line)
    return f"{canonicalize_name(requirement.name)}{requirement.specifier}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_has_the_direct_pins_of_its_requirements_and_no_others(folder: str) -> None:
    pins = sorted(direct_pins(ROOT / folder / "requirements.txt"))

    locked = sorted(entry.pin for entry in entries(folder) if entry.is_direct)

    assert locked == pins, "run `make lock`"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_package_of_a_lock_has_one_version_and_a_hash(folder: str) -> None:
    locked = entries(folder)

    assert [entry for entry in locked if not re.fullmatch(r"[a-z0-9-]+==[^,*]+", entry.pin) or not entry.hashes] == []


def test_the_two_locks_agree_on_every_package_they_share() -> None:
    infra, tests = ({entry.pin for entry in entries(folder)} for folder in FOLDERS)

    assert infra - tests == set(), "`make run` and `make test` would replace each other's packages"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_names_no_host(folder: str) -> None:
    text = (ROOT / folder / "requirements.lock").read_text()

    assert "://" not in text and "-index" not in text and "--find-links" not in text


def test_the_npm_lock_has_a_hash_for_every_package_and_names_no_download_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    downloaded = {name: package for name, package in packages.items() if name}

    assert [name for name, package in downloaded.items() if not package.get("integrity")] == []
    assert [name for name, package in downloaded.items() if "resolved" in package] == []
