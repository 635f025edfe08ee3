"""`make run` and `make stop`: start and stop the whole shop on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from infra.demo.data import SHOP_PHONE
from infra.local import engine
from infra.local.engine import CannotStart, Engine

ROOT = Path(__file__).parent.parent.parent
LOCAL = Path(os.environ.get("LOCAL") or ROOT / ".local")
# A second shop on this machine builds its own pages.
SITE_FOLDER = ROOT / "build" / "site" if LOCAL == ROOT / ".local" else LOCAL / "site"
PORT = engine.read_port()
STATE_FORMAT = "4"  # raise it with every change to the format of rows and journal entries
WORKERS = 2
# The vans of the demo report their positions this often: offers ignore positions older than 30 minutes.
POSITION_REPORT_SECONDS = 240
console = Console(highlight=False, soft_wrap=True)
commands = typer.Typer(add_completion=False, help="The shop on this machine.")


@commands.command()
def start() -> None:
    """Start everything and run until Ctrl-C or `make stop`."""
    try:
        ensure_not_running()
        ensure_state_format(LOCAL)
        ShopProcesses().run()
    except CannotStart as error:
        console.print(str(error), style="red")
        raise typer.Exit(1) from error


@commands.command()
def stop() -> None:
    """Stop the shop that `make run` started and keep its state."""
    running = engine.read_json(LOCAL / "run.json")
    if not running or not is_process_alive(running["pid"], "infra.local.run"):
        console.print("Nothing is running here.")
        return
    os.kill(running["pid"], signal.SIGTERM)
    while is_process_alive(running["pid"], "infra.local.run"):
        time.sleep(0.1)
    console.print(f"Stopped; the shop's state is kept in {LOCAL} and comes back with `make run`.")


def ensure_not_running() -> None:
    """Raise CannotStart if a shop is running here or the port is taken; end processes of a killed `make run`."""
    running = engine.read_json(LOCAL / "run.json")
    if running and is_process_alive(running["pid"], "infra.local.run"):
        raise CannotStart(f"Satukanal is running already on http://127.0.0.1:{running['port']}; `make stop` stops it.")
    for pid, command in (running or {}).get("children", {}).items():
        if is_process_alive(int(pid), command):
            os.kill(int(pid), signal.SIGTERM)
    if engine.is_port_in_use(PORT):
        raise CannotStart(f"Port {PORT} is in use by another program; `PORT={PORT + 1} make run` takes another.")


def ensure_state_format(folder: Path) -> None:
    """Raise CannotStart if the folder has state of another format; write the current format into the folder."""
    format_file = folder / "format"
    has_state = (folder / "engine").exists()
    if has_state and (not format_file.exists() or format_file.read_text().strip() != STATE_FORMAT):
        raise CannotStart(
            f"{folder} was written by another version, whose rows this version cannot read. Delete or move the folder; "
            "then `make run` creates a new shop."
        )
    folder.mkdir(parents=True, exist_ok=True)
    format_file.write_text(f"{STATE_FORMAT}\n")


def is_process_alive(pid: int, command: str) -> bool:
    """Whether a process with this id exists and runs this command. Ids are reused, so the id alone is not enough."""
    command_line = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        return command_line.exists() and command in command_line.read_bytes().replace(b"\0", b" ").decode(
            errors="replace"
        )
    result = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return command in result.stdout


class ShopProcesses:
    """The processes of the shop that `make run` starts: the engine, the API server and the dispatcher."""

    def __init__(self) -> None:
        LOCAL.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{PORT}"
        self.engine = Engine(LOCAL, find_port(PORT + 1))
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stop_requested = threading.Event()

    def run(self) -> None:
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, lambda *_: self.stop_requested.set())
        self.write_run_file()
        try:
            self.start_all()
            self.watch()
        finally:
            self.stop_all()

    def start_all(self) -> None:
        with console.status("Starting the local AWS engine …"):
            self.engine.start()
            self.write_run_file()
        keys = engine.load_or_create_keys(LOCAL / "signing-keys")
        os.environ |= engine.build_environment(self.engine, base_url=self.url, keys=keys)
        os.environ |= engine.provision() | {
            "ENGINE_RUN_ID": str(time.time_ns()),
            "LOCAL": str(LOCAL),
            "SITE": str(SITE_FOLDER),
            "SHOP_PHONE": os.environ.get("SHOP_PHONE") or SHOP_PHONE,
        }
        os.environ["DISPATCHER_FOLDER"] = str(LOCAL / "dispatcher")
        with console.status("Filling the demo shop …"):
            people = fill_demo_shop()
        with console.status("Building the pages …"):
            build_pages()
        self.start_children()
        if not engine.wait_until_healthy(f"{self.url}/api/health", engine.START_SECONDS, self.children["server"]):
            raise CannotStart(f"The API did not start; see {LOCAL / 'server.log'}.")
        print_welcome(self.url, people)

    def start_children(self) -> None:
        self.start_child("server", server_command(PORT))
        self.start_child("dispatcher", [sys.executable, "-m", "infra.local.dispatcher"])
        self.write_run_file()

    def start_child(self, name: str, command: list[str]) -> None:
        with open(LOCAL / f"{name}.log", "ab") as log:
            self.children[name] = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def watch(self) -> None:
        """Restart exited processes and report the demo vans' positions, until a stop is requested."""
        next_report = time.monotonic() + POSITION_REPORT_SECONDS
        while not self.stop_requested.wait(1):
            if self.engine.process and self.engine.process.poll() is not None:
                raise CannotStart(f"The local AWS engine has exited; see {LOCAL / 'engine.log'}.")
            if any(child.poll() is not None for child in self.children.values()):
                self.restart_exited()
            if time.monotonic() >= next_report:
                next_report = time.monotonic() + POSITION_REPORT_SECONDS
                report_positions()

    def restart_exited(self) -> None:
        for name, child in self.children.items():
            if child.poll() is not None:
                console.print(f"The {name} exited with {child.returncode}; restarting it (see {LOCAL}/{name}.log).")
        exited = {name: child for name, child in self.children.items() if child.poll() is not None}
        for name, child in exited.items():
            self.start_child(name, list(map(str, child.args)))  # type: ignore[arg-type]
        self.write_run_file()

    def stop_all(self) -> None:
        """Stop the API first, then the event handlers, then the engine, which writes its state last."""
        with console.status("Stopping …"):
            for name in ("server", "dispatcher"):
                if name in self.children:
                    engine.terminate(self.children[name], 20)
            self.engine.stop()
        (LOCAL / "run.json").unlink(missing_ok=True)

    def write_run_file(self) -> None:
        names = {"server": "granian", "dispatcher": "infra.local.dispatcher"}
        children = {str(child.pid): names[name] for name, child in self.children.items()}
        if self.engine.process:
            children[str(self.engine.process.pid)] = engine.APPLICATION
        running = {"pid": os.getpid(), "port": PORT, "engine": self.engine.address, "children": children}
        (LOCAL / "run.json").write_text(json.dumps(running))


def server_command(port: int) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
    return [*command, "infra.local.server:application"]


def find_port(port: int) -> int:
    return engine.free_port() if engine.is_port_in_use(port) else port


def fill_demo_shop() -> list[dict[str, Any]]:
    """Fill an empty shop with the demo, write all staff tokens to tokens.json, and return the staff."""
    from infra.demo import seed as demo

    demo.seed_shop()
    report_positions()
    people = demo.list_staff_with_tokens()
    tokens = {
        person["id"]: {"token": person["token"], "role": person["role"], "location": person["location"]}
        for person in people
    }
    file = LOCAL / "tokens.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(tokens, indent=1))
    return people


def report_positions() -> None:
    from infra.demo import seed as demo

    demo.report_positions()


def build_pages() -> None:
    command = [sys.executable, "-m", "storefront.build", "--out", str(SITE_FOLDER)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        (LOCAL / "build.log").write_text(result.stdout + result.stderr)
        raise CannotStart(f"The pages could not be built; see {LOCAL / 'build.log'}.")


def print_welcome(url: str, people: list[dict[str, Any]]) -> None:
    console.print("\n[bold]Satukanal[/bold] · toko percontohan, semua orang, harga dan stok rekaan")
    console.print("           a demo shop: people, prices and stock are made up\n")
    for person in (person for person in people if person["role"] != "channel"):
        link = f"{url}/desk/#token={person['token']}"
        console.print(f"  {person['role']:<10} {person['name']:<18} [link={link}]{link}[/link]")
    console.print(f"\n  shop       {url}/\n  phones     {url}/phones/\n  API        {url}/api/docs")
    console.print("  next       make day   (in another terminal)\n")
    print(f"ready {url}", flush=True)


if __name__ == "__main__":
    commands()
