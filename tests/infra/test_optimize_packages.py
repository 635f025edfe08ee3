"""Optimized packages: what they contain, and that Python uses their byte-code."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra import optimize_packages

CHALICELIB = Path(__file__).parent.parent.parent / "chalicelib"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    file = tmp_path / "layer.zip"
    with ZipFile(file, "w") as archive:
        archive.writestr("python/shop.py", "WORD = 'open'\n")
        archive.writestr("python/__pycache__/shop.cpython-311.pyc", "stale")
        archive.writestr("python/botocore/data/dynamodb/2012-08-10/service-2.json", "{}")
        archive.writestr("python/botocore/data/gamelift/2015-10-01/service-2.json", "{}")
        archive.writestr("python/botocore/data/endpoints.json", "{}")
    return file


def test_an_optimized_package_has_byte_code_and_only_the_used_services(package: Path) -> None:
    optimize_packages.optimize_package(package)

    with ZipFile(package) as archive:
        code = f"python/__pycache__/shop.{sys.implementation.cache_tag}.pyc"
        assert sorted(archive.namelist()) == [
            code,
            "python/botocore/data/dynamodb/2012-08-10/service-2.json",
            "python/botocore/data/endpoints.json",
            "python/shop.py",
        ]
        assert archive.read(code)[:4] == importlib.util.MAGIC_NUMBER
        assert archive.read(code)[4:8] == b"\1\0\0\0"  # unchecked, hash-based byte-code


def test_the_byte_code_is_used_whatever_the_dates_are(package: Path, tmp_path: Path) -> None:
    optimize_packages.optimize_package(package)
    with ZipFile(package) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "python" / "shop.py").write_text("WORD = 'changed where it runs'\n")

    command = [sys.executable, "-B", "-c", "import shop; print(shop.WORD)"]
    result = subprocess.run(command, cwd=tmp_path / "python", capture_output=True, text=True, check=True)

    assert result.stdout == "open\n"


def test_optimizing_twice_changes_nothing_and_the_same_files_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.zip"
    twin.write_bytes(package.read_bytes())
    optimize_packages.optimize_package(package)
    once = package.read_bytes()

    optimize_packages.optimize_package(package)
    optimize_packages.optimize_package(twin)

    assert package.read_bytes() == twin.read_bytes() == once


def test_every_service_that_a_function_calls_is_in_the_package() -> None:
    text = "\n".join(file.read_text() for file in CHALICELIB.rglob("*.py"))

    services = set(re.findall(r"(?:client|create_client)\(\s*\"([a-z0-9]+)\"", text))

    assert services == {"s3", "ses", "sns", "ssm"}
    assert services < optimize_packages.USED_SERVICES
