"""The local AWS engine: one ministack process on loopback, and the environment that points everything at it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from infra.local.api_client import thread_client

ROOT = Path(__file__).parent.parent.parent
REGION = "ap-southeast-3"
START_SECONDS = 30
HEALTH_POLL_SECONDS = 0.05
FIRST_PORT, PORT_COUNT = 15_000, 17_000
APPLICATION = "ministack.app:app"
KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 60  # the engine writes its state when it stops


class CannotStart(Exception):
    """A local shop cannot start or has stopped. The message is printed as it is."""


def read_port(default: int = 8000) -> int:
    """The port in PORT, or the default. Raises SystemExit if it is not valid.

    65535 is refused because the engine uses the port after it, if that is free.
    """
    text = os.environ.get("PORT") or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65535):
        raise SystemExit(f"PORT={text} is not a valid port; choose one from 1024 to 65534.")
    return int(text)


class Engine:
    """A ministack process. With a folder its state survives a clean stop; without one it is lost."""

    def __init__(self, folder: Path | None = None, port: int = 0, **environment: str) -> None:
        self.folder, self.port = folder, port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        log = open(self.folder / "engine.log", "ab") if self.folder else subprocess.DEVNULL  # noqa: SIM115
        # In a session of its own, so that Ctrl-C at the terminal does not stop it before the other processes.
        environment, command = self._process_environment(), engine_command(self.port)
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        if not wait_until_healthy(f"{self.address}/_ministack/health", START_SECONDS, self.process):
            self.stop()
            hint = f"; see {self.folder / 'engine.log'}" if self.folder else ""
            raise CannotStart(f"The local AWS engine did not start on port {self.port}{hint}.")

    def stop(self) -> None:
        if self.process is not None:
            terminate(self.process, STOP_SECONDS)
            self.process = None

    def reset(self) -> None:
        thread_client().post(f"{self.address}/_ministack/reset", timeout=30).raise_for_status()

    def _process_environment(self) -> dict[str, str]:
        settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port), "MINISTACK_REGION": REGION}
        settings |= {"IOT_MTLS_ENABLED": "0"}  # its MQTT server ignores BIND_HOST and would listen on all interfaces
        settings |= {"LOG_LEVEL": "WARNING", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        if self.folder:
            state = self.folder / "engine"
            state.mkdir(parents=True, exist_ok=True)
            settings |= {"PERSIST_STATE": "1", "STATE_DIR": str(state)}
            settings |= {"S3_PERSIST": "1", "S3_DATA_DIR": str(state / "s3")}
        return {**without_aws_settings(os.environ), **settings, **self.environment}


def engine_command(port: int) -> list[str]:
    """ministack's application under uvicorn, which needs half the CPU of the server that ministack starts."""
    command = [sys.executable, "-m", "uvicorn", APPLICATION, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning"]
    return [*command, "--timeout-keep-alive", str(KEEP_ALIVE_SECONDS), "--timeout-graceful-shutdown", "5"]


def build_environment(engine: Engine, *, base_url: str, keys: str = "", prefix: str = "satukanal") -> dict[str, str]:
    """The environment of every process of a local shop, without the ARNs that `provision` returns."""
    return {
        "AWS_ENDPOINT_URL": engine.address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SATUKANAL_PREFIX": prefix,
        "SATUKANAL_SECRETS": keys or secrets.token_urlsafe(32),
        "SATUKANAL_BASE_URL": base_url,
    }


def provision(prefix: str = "satukanal", session: Any = None) -> dict[str, str]:
    """Create tables, topics, bucket and dead-letter queue at AWS_ENDPOINT_URL; return the ARNs as settings."""
    import boto3

    from chalicelib.notify import transports
    from infra import tables

    session = session or boto3.Session(region_name=REGION)
    database = session.client("dynamodb")
    tables.create_tables(database, prefix)
    topics = tables.create_topics(session.client("sns"), prefix)
    tables.create_dead_letters(session.client("sqs"), prefix)
    tables.create_files_bucket(session.client("s3"), prefix)
    # ministack rejects e-mail from an address that was not verified.
    session.client("ses").verify_email_identity(EmailAddress=transports.sender_address())
    stream = database.describe_table(TableName=f"{prefix}-journal")["Table"]["LatestStreamArn"]
    return {f"SATUKANAL_TOPIC_{name.upper()}": arn for name, arn in topics.items()} | {
        "SATUKANAL_JOURNAL_STREAM_ARN": stream
    }


def load_or_create_keys(file: Path) -> str:
    """The shop's signing keys. They are created once, because links signed with other keys are invalid."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text().strip()


def without_aws_settings(environ: Any) -> dict[str, str]:
    """The environment without settings that could point to another stage or a real account."""
    return {name: value for name, value in environ.items() if not name.startswith(("SATUKANAL_", "AWS_"))}


def free_port() -> int:
    """A random free port below the range of outgoing connections, which could take it before the server starts."""
    while True:
        port = FIRST_PORT + secrets.randbelow(PORT_COUNT)
        with socket.socket() as candidate, suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            return port


def is_port_in_use(port: int) -> bool:
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


def wait_until_healthy(address: str, seconds: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Wait until the address answers 200. Returns False after the time limit, or when the process has exited."""
    for _ in range(int(seconds / HEALTH_POLL_SECONDS)):
        with suppress(httpx.HTTPError):
            if thread_client().get(address, timeout=5).is_success:
                return True
        if process is not None and process.poll() is not None:
            return False
        time.sleep(HEALTH_POLL_SECONDS)
    return False


def terminate(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Terminate the process, and kill it if it has not exited after `seconds`."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read_json(file: Path) -> Any:
    return json.loads(file.read_text()) if file.exists() else None


def create_temporary_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="satukanal-"))
