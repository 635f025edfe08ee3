"""Starting and stopping the local shop with its commands, in a temporary folder."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from infra.local import engine as local

ROOT = Path(__file__).parent.parent.parent
CHANNELS = ("web", "pos", "sfa", "phone", "social", "whatsapp", "marketplace")
CAPTURED = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "check": False}
pytestmark = pytest.mark.ministack


class RunningProcess:
    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.environment = local.without_aws_settings(os.environ) | {"LOCAL": str(folder), "PORT": str(port)}
        self.process = start_command("start", self.environment)
        assert self.process.stdout is not None
        self.output_lines = []
        for line in self.process.stdout:
            self.output_lines.append(line)
            if line.startswith("ready"):
                return
        raise AssertionError("".join(self.output_lines))

    def get(self, path: str, token: str = "") -> dict:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urlopen(Request(self.url + path, headers=headers), timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def start_command(command: str, environment: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local.run", command],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def run_and_read(command: str, folder: Path, port: int) -> tuple[int, str]:
    process = start_command(command, local.without_aws_settings(os.environ) | {"LOCAL": str(folder), "PORT": str(port)})
    text, _ = process.communicate(timeout=60)
    return process.returncode, text.strip()


def test_the_shop_refuses_a_second_start_stops_cleanly_and_has_a_day_after_its_restart(tmp_path):
    port = local.free_port()
    first = RunningProcess(tmp_path, port)
    tokens = json.loads((tmp_path / "tokens.json").read_text())
    before = first.get("/api/stock/locations/van-budi", tokens["salesman-budi"]["token"])

    assert first.output_lines[-1] == f"ready http://127.0.0.1:{port}\n"
    assert first.get("/api/health") == {"status": "ok"}
    assert run_and_read("start", tmp_path, port) == (
        1,
        f"Satukanal is running already on http://127.0.0.1:{port}; `make stop` stops it.",
    )
    assert first.stop() == 0
    assert not local.is_port_in_use(port)

    second = RunningProcess(tmp_path, port)
    after = second.get("/api/stock/locations/van-budi", tokens["salesman-budi"]["token"])
    day = subprocess.run([sys.executable, "-m", "infra.demo.day"], cwd=ROOT, env=second.environment, **CAPTURED)
    stopped = run_and_read("stop", tmp_path, port)

    assert after == before
    assert before["items"]
    assert day.returncode == 0, day.stdout
    assert [channel for channel in CHANNELS if f"\n{channel} " not in day.stdout] == []
    assert stopped == (0, f"Stopped; the shop's state is kept in {tmp_path} and comes back with `make run`.")
    assert second.process.wait(60) == 0
    assert run_and_read("stop", tmp_path, port) == (0, "Nothing is running here.")


@pytest.mark.parametrize("mark", ["", "1\n"])
def test_state_in_an_older_format_is_refused_and_left_unchanged(tmp_path, mark):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "dynamodb.json").write_text("{}")
    if mark:
        (tmp_path / "format").write_text(mark)
    before = sorted(tmp_path.rglob("*"))

    code, text = run_and_read("start", tmp_path, local.free_port())

    assert (code, text) == (
        1,
        f"{tmp_path} was written by another version, whose rows this version cannot read. Delete or move the folder; "
        "then `make run` creates a new shop.",
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_port_in_use_is_refused(tmp_path, engine):
    code, text = run_and_read("start", tmp_path, engine.port)

    assert (code, text) == (
        1,
        f"Port {engine.port} is in use by another program; `PORT={engine.port + 1} make run` takes another.",
    )
