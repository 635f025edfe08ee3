"""Makes Chalice's packages start faster: adds byte-code and removes the data of unused AWS services.

Chalice names a package by a hash of its content and reuses a file of that name in `.chalice/deployments`. So packages
are built and optimized here, and the unmodified `chalice deploy` uses them.
"""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

USED_SERVICES = {"dynamodb", "s3", "ses", "sns", "ssm", "sts"}
OPTIMIZED = b"optimized"  # comment of an archive that is optimized already
READABLE_MODE = 0o644 << 16


def optimize_packages(project: Path, stage: str) -> None:
    """Build and optimize all packages. Chalice deploys to the minor version of Python that runs this."""
    build_packages(project, stage)
    for package in sorted((project / ".chalice" / "deployments").glob("*.zip")):
        optimize_package(package)


def build_packages(project: Path, stage: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [str(Path(sys.executable).with_name("chalice")), "package", "--stage", stage, scratch]
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"chalice package failed:\n{result.stdout}{result.stderr}")


def optimize_package(package: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with ZipFile(package) as built:
            if built.comment == OPTIMIZED:
                return
            built.extractall(folder)
        for unused in (*folder.rglob("__pycache__"), *find_unused_services(folder)):
            shutil.rmtree(unused)
        compile_bytecode(folder)
        write_zip(folder, package)


def find_unused_services(folder: Path) -> Iterator[Path]:
    for data in folder.rglob("botocore/data"):
        yield from (path for path in data.iterdir() if path.is_dir() and path.name not in USED_SERVICES)


def compile_bytecode(folder: Path) -> None:
    """Compile to unchecked byte-code: archive entries are dated 1980, so a check by date would reject all of it."""
    never_checked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, maxlevels=99, quiet=2, stripdir=str(folder), invalidation_mode=never_checked)


def write_zip(folder: Path, package: Path) -> None:
    """Write the archive reproducibly: the same files give the same bytes."""
    fresh = package.with_suffix(".new")
    with ZipFile(fresh, "w", ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = ZipInfo(file.relative_to(folder).as_posix())
            entry.external_attr, entry.compress_type = READABLE_MODE, ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
        archive.comment = OPTIMIZED
    fresh.replace(package)
