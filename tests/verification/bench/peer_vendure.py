"""`make bench PEER=vendure`: compare guest orders of three lines at Vendure and here, in CPU time and latency.

Vendure and PostgreSQL are installed into a scratch folder for this comparison only; nothing here depends on them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from infra.local.engine import free_port, terminate
from infra.local.processes import cpu_seconds
from infra.local.run import server_command
from tests.verification.bench import postgres, vendure_guest
from tests.verification.bench.full_shop import THREE_LINES, open_full_shop, web_order_details
from tests.verification.bench.postgres import Postgres

ROOT = Path(__file__).parents[3]
FILES = Path(__file__).parent / "vendure"
SCRATCH = Path(os.environ.get("SCRATCH") or Path(tempfile.gettempdir(), "satukanal-peer-vendure"))
RESOLVED_BEFORE = "2026-06-01"  # npm resolves dependencies as they were on this day
ROUNDS, ORDERS, WARM_UP = 6, 50, 50
START_SECONDS = 180
CPU_GOAL, LATENCY_GOAL = 20, 10
ANNOUNCEMENT = f"""\
This installs Vendure 3.6.3 from npm, with its dependencies as of {RESOLVED_BEFORE}, into {SCRATCH} (140 MB),
and PostgreSQL from Debian where it is missing. Vendure is free software under the GPL, used here only to compare with
it. Both servers listen on 127.0.0.1 and end with this command; SCRATCH=folder chooses another folder, and deleting it
undoes all of it but Debian's package."""
NOT_COMPARABLE = """\
Not comparable: Vendure's guest asks nine times, as its API wants it, ours twice. Vendure runs one Node process without
its worker, e-mails, search index and assets; ours one WSGI process without routing and notices, which follow the order
in both. Vendure stores rows in PostgreSQL, ours asks a local imitation of DynamoDB, which is slower than DynamoDB: so
database processes are counted apart, and latency includes them on both sides."""

PlaceOrder = Callable[[int], None]  # places the order of this number


@dataclass
class Side:
    """One of the two shops: how an order is placed there, and the processes of its server and its database."""

    connection: HTTPConnection
    place: PlaceOrder
    server: int
    database: int
    seconds: list[float] = field(default_factory=list)  # of each order
    server_seconds: float = 0.0  # of CPU, over all orders
    database_seconds: float = 0.0

    def place_orders(self, numbers: range) -> None:
        self.connection.close()  # the server may have closed it while the other side was measured; it reopens
        for number in numbers:
            began = time.perf_counter()
            self.place(number)
            self.seconds.append(time.perf_counter() - began)

    def measure(self, numbers: range) -> None:
        server, database = cpu_seconds(self.server), cpu_seconds(self.database)
        self.place_orders(numbers)
        self.server_seconds += cpu_seconds(self.server) - server
        self.database_seconds += cpu_seconds(self.database) - database

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.server_seconds / len(self.seconds)

    @property
    def database_ms(self) -> float:
        return 1000 * self.database_seconds / len(self.seconds)

    @property
    def latency_ms(self) -> float:
        return 1000 * median(self.seconds)


@dataclass(frozen=True)
class Comparison:
    ours: Side
    theirs: Side
    statements: int  # of SQL, for one order of Vendure's
    ordered: int  # units of the first product at Vendure
    allocated: int

    @property
    def cpu_ratio(self) -> float:
        return self.theirs.cpu_ms / self.ours.cpu_ms

    @property
    def latency_ratio(self) -> float:
        return self.theirs.latency_ms / self.ours.latency_ms


def compare(engine: int) -> Comparison:
    """`engine` is the process of the local AWS engine, to which AWS_ENDPOINT_URL points."""
    print(ANNOUNCEMENT, flush=True)
    install()
    with ExitStack() as stack:
        ours = stack.enter_context(our_side(engine))
        theirs, database = stack.enter_context(vendure_side())
        for side in (ours, theirs):
            side.place_orders(range(WARM_UP))
            side.seconds.clear()
        for turn in range(ROUNDS):
            for side in (theirs, ours):
                side.measure(range(WARM_UP + turn * ORDERS, WARM_UP + (turn + 1) * ORDERS))
        log_from = database.log_all_statements()
        theirs.place(WARM_UP + ROUNDS * ORDERS)
        allocated = int(database.run(ALLOCATED.format(sku=THREE_LINES[0][0])))
        ordered = (WARM_UP + ROUNDS * ORDERS + 1) * THREE_LINES[0][1]
        return Comparison(ours, theirs, database.statements_of(log_from), ordered, allocated)


ALLOCATED = """SELECT SUM("stockAllocated") FROM stock_level JOIN product_variant v ON v.id = "productVariantId"
WHERE sku = '{sku}'"""


def install() -> None:
    if shutil.which("npm") is None:
        raise SystemExit("npm is needed for this comparison (on Debian: apt install nodejs npm).")
    if not postgres.is_installed():
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            raise SystemExit(f"PostgreSQL could not be installed; as root: {' '.join(command)}")
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for file in FILES.iterdir():
        shutil.copy(file, SCRATCH)
    npm = ["npm", "install", f"--before={RESOLVED_BEFORE}", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(npm, cwd=SCRATCH, check=True)


@contextmanager
def our_side(engine: int) -> Iterator[Side]:
    open_full_shop()
    port = free_port()
    with running_process(server_command(port), ROOT, dict(os.environ)) as server:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        wait_until_listening(connection, server)
        yield Side(connection, lambda number: place_here(connection, number), server.pid, engine)


def place_here(connection: HTTPConnection, number: int) -> None:
    """A quote, and the order of what was quoted."""
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in THREE_LINES]
    post(connection, "/api/quotes", {"channel": "web", "lines": lines})
    order = {"channel": "web", "lines": lines, "payments": [{"method": "cod"}]} | web_order_details(number)
    post(connection, "/api/orders", order, {"Idempotency-Key": f"compared-with-vendure-{number}"})


def post(connection: HTTPConnection, path: str, body: object, headers: dict[str, str] | None = None) -> None:
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"} | (headers or {}))
    response = connection.getresponse()
    text = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{path} answered {response.status}: {text!r}")


@contextmanager
def vendure_side() -> Iterator[tuple[Side, Postgres]]:
    database, port = Postgres(SCRATCH / "postgres"), free_port()
    try:
        database.start()
        assert database.process is not None
        settings = {"API_PORT": str(port), "DATABASE_PORT": str(database.port), "ADMIN_PASSWORD": os.urandom(16).hex()}
        environment = dict(os.environ) | settings | {"NODE_ENV": "production"}
        with running_process(["node", "server.js"], SCRATCH, environment) as server:
            wait_for_ready_line(server)
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            ids = vendure_guest.variants(connection)
            lines = [(ids[sku], quantity) for sku, quantity in THREE_LINES]
            method = database.run("SELECT code FROM payment_method")

            def place(number: int) -> None:
                vendure_guest.place_order(connection, lines, number, method)

            yield Side(connection, place, server.pid, database.process.pid), database
    finally:
        database.stop()


@contextmanager
def running_process(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (SCRATCH / f"{Path(command[0]).name}.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log)
        try:
            yield server
        finally:
            terminate(server, START_SECONDS)


def wait_for_ready_line(server: subprocess.Popen[bytes]) -> None:
    assert server.stdout is not None
    for line in server.stdout:
        if line.strip() == b"ready":
            return
    raise SystemExit(f"Vendure did not start; see {SCRATCH / 'node.log'}")


def wait_until_listening(connection: HTTPConnection, server: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < limit:
        try:
            connection.request("GET", "/api/health")
            connection.getresponse().read()
            return
        except OSError:
            connection.close()
            time.sleep(0.1)
    raise SystemExit("The local server did not start.")
