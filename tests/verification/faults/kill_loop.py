"""kill -9 of the API and the dispatcher, repeatedly, while a client places orders and retries until it is answered.

The test runs a few rounds without time limits; `make verify ONLY=kills` runs many, and also measures the time from a
kill until all notices have arrived.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import boto3

import tests.environment  # noqa: F401 - before any row class, which reads its table's name when it is defined
from app import app
from chalicelib.kit import config
from infra.local import phones
from infra.local.engine import Engine, create_temporary_folder, free_port, provision, wait_until_healthy
from infra.local.run import server_command
from infra.local.streams import list_sources
from tests.client import call
from tests.moto_aws import reset_connections
from tests.shop import TEAPOT, add_stock, an_order, level, open_shop, token
from tests.verification.faults.build import ALL_HOLDS, audit, list_orders, pad_key, park_vans

ROOT = Path(__file__).parents[3]
BUDI, JOKO = "salesman-budi", "warehouse-joko"
ORDERS = 6  # per round
VICTIMS = [("api",), ("dispatcher",), ("api", "dispatcher")]
CONNECTION_ERRORS = (OSError, http.client.HTTPException, json.JSONDecodeError)


class KillableProcess:
    """A process of `make run` in its own session, so that its worker processes are killed with it."""

    def __init__(self, command: list[str], folder: Path, ready: str = "") -> None:
        self.command, self.ready, self.log = command, ready, folder / f"{command[2].rpartition('.')[2]}.log"
        self.environment = os.environ | {
            "ENGINE_RUN_ID": "one-run",
            "DISPATCHER_FOLDER": str(folder),
            "PYTHONPATH": str(ROOT),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def await_answer(self) -> None:
        assert not self.ready or wait_until_healthy(self.ready, 30, self.process), self.log.read_text()[-2000:]

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)

    def stop(self) -> None:
        """Terminate the process, which first completes its work and reads the stream to its end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(60) == 0, self.log.read_text()[-2000:]


def a_dispatcher(folder: Path) -> KillableProcess:
    return KillableProcess([sys.executable, "-m", "infra.local.dispatcher"], folder)


def an_api(folder: Path, port: int) -> KillableProcess:
    return KillableProcess(server_command(port), folder, ready=f"http://127.0.0.1:{port}/api/health")


@dataclass
class KillLoop:
    """Places orders in rounds while processes are killed, and collects what `failures` checks."""

    folder: Path
    rounds: int
    seed: int = 1
    answers: dict[str, bytes] = field(default_factory=dict)  # the first response body for each idempotency key
    retries: int = 0
    kills: dict[str, int] = field(default_factory=lambda: {"api": 0, "dispatcher": 0})
    killed_at: float = 0.0
    notified: dict[str, set[str]] = field(default_factory=lambda: {BUDI: set(), JOKO: set()})
    drained_seconds: list[float] = field(default_factory=list)  # from a kill until all notices had arrived

    def __post_init__(self) -> None:
        self.random_generator, self.port = random.Random(self.seed), free_port()
        self.processes = {"api": an_api(self.folder, self.port), "dispatcher": a_dispatcher(self.folder)}

    def run(self) -> KillLoop:
        open_shop(TEAPOT=2 * self.rounds * ORDERS)
        add_stock(TEAPOT, "van-budi", 2 * self.rounds * ORDERS)
        park_vans(BUDI)
        try:
            self.start(*self.processes)
            wait_until(
                lambda: len(list_local_queues()) == len(list(list_sources(app, "SNSEventConfig"))),
                "the dispatcher's start",
            )
            for number in range(self.rounds):
                self.run_round(number)
            self.await_notices()
            self.processes["dispatcher"].stop()
        finally:
            for process in self.processes.values():
                process.kill()
        return self

    def run_round(self, number: int) -> None:
        """Place the round's orders, and kill and restart processes during one of them.

        In every second round it is the last order, and the round waits until all notices have arrived.
        """
        victims, awaits_notices = self.random_generator.choice(VICTIMS), number % 2 == 1
        disturbed, grace = self.random_generator.randrange(ORDERS), self.random_generator.uniform(0, 0.03)
        disturbed = ORDERS - 1 if awaits_notices else disturbed
        for order in range(ORDERS):
            killer = threading.Thread(target=self.restart, args=(victims, grace))
            if order == disturbed:
                killer.start()
            self.place_order(f"round-{number}-order-{order}")
            if order == disturbed:
                killer.join()
        if awaits_notices:
            self.await_notices()
            self.drained_seconds.append(time.monotonic() - self.killed_at)

    def start(self, *names: str) -> None:
        for name in names:
            self.processes[name].start()
        for name in names:
            self.processes[name].await_answer()

    def restart(self, victims: tuple[str, ...], grace: float) -> None:
        threading.Event().wait(grace)  # seconds, so that the kill comes in the middle of a request
        for name in victims:
            self.processes[name].kill()
            self.kills[name] += 1
        self.killed_at = time.monotonic()
        self.start(*victims)

    def place_order(self, key: str) -> None:
        """Send the order with the same key and body until it is answered."""
        for _ in range(1_000):
            answer = self.send_order(key)
            if answer is not None:
                self.answers[key] = answer
                return
            self.retries += 1
            threading.Event().wait(0.05)
        raise AssertionError(f"{key} was never answered")

    def send_order(self, key: str) -> bytes | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"content-type": "application/json", "idempotency-key": pad_key(key)}
        try:
            connection.request("POST", "/api/orders", json.dumps(an_order((TEAPOT, 1))), headers)
            answer = connection.getresponse()
            body = answer.read()
        except CONNECTION_ERRORS:
            return None
        finally:
            connection.close()
        assert answer.status in (200, 201, 503), body
        return body if answer.status < 300 else None

    def await_notices(self) -> None:
        """Wait for the offer and the warehouse's notice of each acknowledged order."""
        wait_until(lambda: self.is_notified(BUDI), "an offer for each order")
        wait_until(lambda: self.is_notified(JOKO), "a notice of each order's work")

    def is_notified(self, staff: str) -> bool:
        self.notified[staff] |= set(list_newest_offers(staff)[0])
        return self.notified[staff] >= self.order_ids

    @property
    def order_ids(self) -> set[str]:
        return {json.loads(body)["id"] for body in self.answers.values()}

    def failures(self) -> list[str]:
        """Return the failures: lost or duplicated orders, other responses, units, notices or SMS; and violations."""
        orders = sorted(row.pk for row in list_orders())
        again = {key: call("POST", "/api/orders", an_order((TEAPOT, 1)), key=pad_key(key)).body for key in self.answers}
        links = [phones.LINK.findall(text)[-1] for text in phones.load_messages().get("+6281100000003", [])]
        checks = {
            "lost or doubled": orders != sorted(self.order_ids) or len(orders) != len(self.answers),
            "another response": again != self.answers,
            "units lost": level(TEAPOT)["allocated"] != len(self.answers),
            "a salesman notified twice or never": sorted(list_offers(BUDI)) != orders,
            "the warehouse notified twice or never": sorted(list_offers(JOKO)) != orders,
            "an SMS sent twice": len(links) != len(set(links)),
            audit(quiet=True): audit(quiet=True) != ALL_HOLDS,
        }
        return [failure for failure, has_failed in checks.items() if has_failed]


def wait_until(condition: Callable[[], bool], description: str, seconds: float = 60) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError(f"{description} did not happen in {seconds} seconds")


def list_offers(staff: str) -> list[str]:
    """Return the order ids of all offers and assignments in the inbox."""
    orders, cursor = list_newest_offers(staff)
    while cursor:
        page, cursor = list_newest_offers(staff, cursor)
        orders += page
    return orders


def list_newest_offers(staff: str, cursor: str = "") -> tuple[list[str], str]:
    """Return (order ids, cursor of the next page) of one page of the inbox."""
    query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
    page = call("GET", "/api/inbox", token=token(staff), query=query).json
    return [notice["order"] for notice in page["items"] if notice["kind"] in ("offer", "assigned")], page["next"]


def list_local_queues() -> list[str]:
    response = boto3.client("sqs").list_queues(QueueNamePrefix=f"{config.prefix()}-local-")
    return list(response.get("QueueUrls", []))


def run_on_own_engine(rounds: int, seed: int) -> tuple[KillLoop, list[str]]:
    """Run the loop on a new local engine; return it with its failures."""
    folder = create_temporary_folder()
    with Engine(MINISTACK_ACCOUNT_ID="123456789012") as engine:
        os.environ["AWS_ENDPOINT_URL"] = engine.address
        os.environ |= provision("test")
        reset_connections()
        try:
            loop = KillLoop(folder, rounds, seed).run()
            return loop, loop.failures()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
