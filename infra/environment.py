"""Create `.venv` with the packages of a lock file: `python3 -m infra.environment infra/requirements.lock`.

`make` runs this module before anything is installed, so it imports only the standard library. Its syntax is old enough
for an outdated Python to reach the message that says which version is needed.
"""
# ruff: noqa: UP031, UP036

import hashlib
import os
import subprocess
import sys

VENV = os.environ.get("VENV") or ".venv"
LOCKS = ("infra/requirements.lock", "tests/requirements.lock")


def main(lock: str) -> "str | None":
    """Install `lock` unless it is installed already; return what went wrong, or None."""
    if sys.version_info < (3, 11):
        return "Python 3.11 or newer is needed; this is {}.{}. `make run PYTHON=python3.12` takes another.".format(
            *sys.version_info[:2]
        )
    installed = load_installed_locks()
    if lock in installed:
        return None
    problem = create_venv() or install_lock(lock, installed)
    if problem is None:
        record_installed_locks([*installed, lock])
    return problem


def load_installed_locks() -> "list[str]":
    """Return the lock files that are installed; an empty list if a lock file or the interpreter has changed since."""
    if not os.path.exists(stamp_file()):
        return []
    with open(stamp_file()) as file:
        recorded_fingerprint, *installed = file.read().splitlines() or [""]
    return installed if recorded_fingerprint == fingerprint() else []


def fingerprint() -> str:
    """Return a hash of the Python version and of all lock files.

    All lock files share the environment, so installing a changed one can replace packages of another.
    """
    digest = hashlib.sha256(sys.version.encode())
    for lock in LOCKS:
        with open(lock, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def create_venv() -> "str | None":
    if os.path.exists(venv_python()):
        return None
    print("Creating an environment in %s (once; about a minute) …" % VENV, flush=True)
    process = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if process.returncode:
        return "Python's venv module is missing or broken (on Debian: apt install python3-venv):\n" + process.stdout
    return None


def install_lock(lock: str, installed: "list[str]") -> "str | None":
    record_installed_locks(installed)  # first, so that after an interruption the lock is installed again
    command = [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    # Wheels only: a source distribution runs its own code during installation and may need a compiler.
    command += ["--only-binary=:all:", "-r", lock]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return "Installing %s failed:\n%s%s" % (lock, process.stdout, process.stderr) if process.returncode else None


def record_installed_locks(locks: "list[str]") -> None:
    with open(stamp_file(), "w") as file:
        file.write("\n".join([fingerprint(), *locks]) + "\n")


def stamp_file() -> str:
    return os.path.join(VENV, "installed")


def venv_python() -> str:
    return os.path.join(VENV, "bin", "python")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
