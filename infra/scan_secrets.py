"""Searches all files for keys and passwords; part of `make check`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

ROOT = Path(__file__).parent.parent
SKIPPED_FOLDERS = {"venv", "build", "node_modules", "__pycache__"}
SCANNED_HIDDEN_FOLDERS = {".chalice", ".ci"}

# Harmless findings, by a prefix of their hash: a secret that is added to the same file is still reported.
KNOWN_HASHES = {
    "0517fc7ad20f": "the alphabet of order numbers",
    "a94a8fe5ccb1": "`test`, the password of the local engine",
    "dc724af18fbd": "`testing`, the password of moto",
    "9bc9e231416e": "signing keys of tests",
    "b175b7a7829e": "a SKU named SECRET",
    "2e813480defa": "the id of an order that does not exist",
    "e4055de792e6": "a test name that is long enough to be a token",
}


def main() -> int:
    findings = list(find_secrets(list_files(ROOT)))
    print("\n".join(findings))
    return 1 if findings else 0


def list_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        included = not path.name.startswith(".") or path.name in SCANNED_HIDDEN_FOLDERS or path.is_file()
        if path.is_dir() and included and path.name not in SKIPPED_FOLDERS and not path.is_symlink():
            yield from list_files(path)
        elif path.is_file() and path != Path(__file__):  # the hashes in this file look like secrets
            yield path


def find_secrets(paths: Iterable[Path]) -> Iterator[str]:
    collection = SecretsCollection()
    with default_settings():
        for path in paths:
            collection.scan_file(str(path))
    for file, secrets in sorted(collection.json().items()):
        for secret in secrets:
            prefix = secret["hashed_secret"][:12]
            if prefix not in KNOWN_HASHES:
                yield f"{file.removeprefix(f'{ROOT}/')}:{secret['line_number']}: {secret['type']} ({prefix})"


if __name__ == "__main__":
    sys.exit(main())
