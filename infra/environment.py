"""Makes .venv with what a requirements file names, quietly: `python3 -m infra.environment infra/requirements.txt`.

Runs on whatever Python the machine has, so it uses nothing newer than that may know.
"""
# ruff: noqa: UP031, UP036

import hashlib
import os
import subprocess
import sys

VENV = os.environ.get("VENV") or ".venv"


def main(file: str) -> "str | None":
    if sys.version_info < (3, 11):
        return "Python 3.11 or newer is needed; this is {}.{}. `make run PYTHON=python3.12` takes another.".format(
            *sys.version_info[:2]
        )
    stamp, wanted = os.path.join(VENV, "installed"), fingerprint(file)
    if wanted in read_lines(stamp):
        return None
    why = make_venv() or install_requirements(file)
    if why is None:
        with open(stamp, "a") as kept:
            kept.write(wanted + "\n")
    return why


def fingerprint(file: str) -> str:
    """Of the file and of those it includes."""
    told = []
    for line in read_lines(file):
        told.append(fingerprint(os.path.join(os.path.dirname(file), line[3:])) if line.startswith("-r ") else line)
    return hashlib.sha256("\n".join([*told, sys.version]).encode()).hexdigest()


def make_venv() -> "str | None":
    if os.path.exists(venv_python()):
        return None
    print("Making an environment in %s (once; about a minute) …" % VENV, flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        return "Python's venv module is missing or broken (on Debian: apt install python3-venv):\n" + made.stdout
    return None


def install_requirements(file: str) -> "str | None":
    command = [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
    said = subprocess.run([*command, "-r", file], capture_output=True, text=True, check=False)
    return "Installing %s failed:\n%s%s" % (file, said.stdout, said.stderr) if said.returncode else None


def venv_python() -> str:
    return os.path.join(VENV, "bin", "python")


def read_lines(file: str) -> "list[str]":
    if not os.path.exists(file):
        return []
    with open(file) as opened:
        return opened.read().splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
