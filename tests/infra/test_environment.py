"""`infra.environment` installs a lock once, and again after any lock has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import environment

INFRA, TESTS = environment.LOCKS
PIP = "-m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two locks and an environment whose Python only records its arguments in `calls`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "VENV", "venv")
    for lock in environment.LOCKS:
        Path(lock).parent.mkdir()
        Path(lock).write_text(f"of {lock}\n")
    write_python('echo "$*" >> calls')
    return tmp_path


def write_python(command: str) -> None:
    python = Path(environment.venv_python())
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f"#!/bin/sh\n{command}\n")
    python.chmod(0o755)


def test_each_lock_is_installed_once_with_hashes_from_wheels(project: Path) -> None:
    problems = [environment.main(lock) for lock in (INFRA, TESTS, INFRA, TESTS)]

    assert problems == [None] * 4
    assert (project / "calls").read_text().splitlines() == [f"{PIP} {INFRA}", f"{PIP} {TESTS}"]


def test_a_change_of_either_lock_and_its_reversal_install_anew(project: Path) -> None:
    environment.main(INFRA)
    before = (project / TESTS).read_text()

    (project / TESTS).write_text("another version\n")
    environment.main(INFRA)
    (project / TESTS).write_text(before)
    environment.main(INFRA)

    assert (project / "calls").read_text().splitlines() == [f"{PIP} {INFRA}"] * 3


def test_a_failed_installation_is_reported_and_tried_again(project: Path) -> None:
    write_python('echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1')
    problem = environment.main(INFRA)
    write_python('echo "$*" >> calls')

    assert problem == f"Installing {INFRA} failed:\nTHESE PACKAGES DO NOT MATCH THE HASHES\n"
    assert environment.main(INFRA) is None
    assert (project / "calls").read_text().splitlines() == [f"{PIP} {INFRA}"]
