"""Looks for keys and passwords that somebody left in a file; part of `make check`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

ROOT = Path(__file__).parent.parent
SKIPPED_FOLDERS = {"venv", "build", "node_modules", "__pycache__"}
SCANNED_HIDDEN_FOLDERS = {".chalice", ".ci"}

# By the first letters of their hash, so that another one in the same file is still found.
KNOWN_HASHES = {
    "0517fc7ad20f": "the alphabet of order numbers",
    "a94a8fe5ccb1": "`test`, the password of the engine on loopback",
    "dc724af18fbd": "`testing`, of AWS in process",
    "9bc9e231416e": "signing keys that say they are a test's",
    "b175b7a7829e": "a SKU called SECRET",
    "2e813480defa": "the id of no order",
    "e4055de792e6": "the name of a test, long enough to be a token",
}


def main() -> int:
    said = list(find_secrets(list_files(ROOT)))
    print("\n".join(said))
    return 1 if said else 0


def list_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        ours = not path.name.startswith(".") or path.name in SCANNED_HIDDEN_FOLDERS or path.is_file()
        if path.is_dir() and ours and path.name not in SKIPPED_FOLDERS and not path.is_symlink():
            yield from list_files(path)
        elif path.is_file() and path != Path(__file__):  # the hashes below look like secrets themselves
            yield path


def find_secrets(paths: Iterable[Path]) -> Iterator[str]:
    seen = SecretsCollection()
    with default_settings():
        for path in paths:
            seen.scan_file(str(path))
    for file, secrets in sorted(seen.json().items()):
        for each in secrets:
            known_by = each["hashed_secret"][:12]
            if known_by not in KNOWN_HASHES:
                yield f"{file.removeprefix(f'{ROOT}/')}:{each['line_number']}: {each['type']} ({known_by})"


if __name__ == "__main__":
    sys.exit(main())
