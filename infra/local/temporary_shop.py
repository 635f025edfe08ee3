"""An empty shop with an engine, an API and a dispatcher on free ports, deleted when it is closed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from infra.local import engine
from infra.local.engine import CannotStart, Engine
from infra.local.processes import cpu_seconds
from infra.local.run import ROOT, server_command

DRAIN_SECONDS = 120


class TemporaryShop:
    """A context manager that runs the shop. It sets this process's environment, so that it uses the same tables."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self.folder = engine.create_temporary_folder()
        self.engine = Engine()
        self.port = engine.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.cpu_seconds_used: dict[str, float] = {}

    def __enter__(self) -> TemporaryShop:
        try:
            self.start_all()
        except BaseException:
            self.stop_all()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop_all()

    def start_all(self) -> None:
        self.engine.start()
        for name in [name for name in os.environ if name.startswith(("SATUKANAL_", "AWS_"))]:
            del os.environ[name]
        os.environ.update(engine.build_environment(self.engine, base_url=self.url) | self.settings)
        os.environ.update(engine.provision() | {"ENGINE_RUN_ID": str(time.time_ns())})
        os.environ["DISPATCHER_FOLDER"] = str(self.folder / "dispatcher")
        self.start_child("server", server_command(self.port))
        self.start_child("dispatcher", [sys.executable, "-m", "infra.local.dispatcher"])
        if not engine.wait_until_healthy(f"{self.url}/api/health", engine.START_SECONDS, self.children["server"]):
            raise CannotStart(f"The API of the replay did not start:\n{self.log_tail('server')}")

    def start_child(self, name: str, command: list[str]) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self.children[name] = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def drain(self) -> None:
        """Stop the dispatcher, which first processes all events and those that follow from them."""
        self.measure_cpu()
        dispatcher = self.children.pop("dispatcher")
        dispatcher.terminate()
        if dispatcher.wait(DRAIN_SECONDS):
            raise CannotStart(f"The dispatcher of the replay failed:\n{self.log_tail('dispatcher')}")

    def measure_cpu(self) -> dict[str, float]:
        """CPU seconds used so far by each process; empty on systems without /proc."""
        pids = {name: child.pid for name, child in self.children.items()}
        pids |= {"engine": self.engine.process.pid} if self.engine.process else {}
        if Path("/proc/self/stat").exists():
            self.cpu_seconds_used |= {name: cpu_seconds(pid) for name, pid in pids.items()}
        return self.cpu_seconds_used

    def log_tail(self, name: str) -> str:
        """The last 3,000 characters of a process's log."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop_all(self) -> None:
        for name in ("server", "dispatcher"):
            if name in self.children:
                engine.terminate(self.children[name], 20)
        self.engine.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
