"""Makes what Chalice has packaged start sooner: with byte-code, and without the services that nobody here calls.

Chalice names a package after what goes into it, and takes one of that name from `.chalice/deployments` instead of
building it; so packages are built and finished here, and the literal `chalice deploy` after it finds them ready.
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
OPTIMIZED = b"finished"
READABLE_MODE = 0o644 << 16


def optimize_packages(project: Path, stage: str) -> None:
    """The interpreter's own minor version is the function's too: Chalice sees to that."""
    build_packages(project, stage)
    for package in sorted((project / ".chalice" / "deployments").glob("*.zip")):
        optimize_package(package)


def build_packages(project: Path, stage: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [str(Path(sys.executable).with_name("chalice")), "package", "--stage", stage, scratch]
        made = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"chalice package failed:\n{made.stdout}{made.stderr}")


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
        yield from (each for each in data.iterdir() if each.is_dir() and each.name not in USED_SERVICES)


def compile_bytecode(folder: Path) -> None:
    """Entries of a package are dated 1980, so byte-code that goes by its source's date would be stale at once; and
    nobody edits a function where it runs, so nothing has to be checked."""
    never_checked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, maxlevels=99, quiet=2, stripdir=str(folder), invalidation_mode=never_checked)


def write_zip(folder: Path, package: Path) -> None:
    """The same files give the same bytes."""
    fresh = package.with_suffix(".new")
    with ZipFile(fresh, "w", ZIP_DEFLATED) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = ZipInfo(file.relative_to(folder).as_posix())
            entry.external_attr, entry.compress_type = READABLE_MODE, ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
        archive.comment = OPTIMIZED
    fresh.replace(package)
