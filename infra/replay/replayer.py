"""Replays a history in a temporary shop through its API: import, orders by date, offers, fulfillment and payments."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from chalicelib.exchange.model import CellFormats
from chalicelib.fulfillment.expire import expire
from chalicelib.fulfillment.store import find_offer
from chalicelib.kit import auth, config
from chalicelib.places import find as places
from chalicelib.places.model import Location, Staff
from chalicelib.places.save import save_staff
from infra.local.api_client import ApiClient, ApiError
from infra.replay.history import HistoricalOrder, History, Plan
from infra.replay.import_parts import split_folder
from infra.replay.order_queue import OrderQueue
from infra.replay.simulated_staff import Progress, StaffSimulation

ORDER_THREADS = 2
STAFF_THREADS = 3  # for salesmen, and as many for locations
MAX_OPEN_ORDERS = 160  # with more unfulfilled orders placing waits, because a backlog of offers is not realistic
STUCK_SECONDS = 60
MAX_TRANSFER_LINES = 40
POSITIONS_SECONDS = 600  # offers ignore positions older than 30 minutes
OWNER = Staff("replay-owner", "Replay", "owner", "", "", "")

OnProgress = Callable[[int, int], None]  # orders placed, orders done


class ReplayStuck(Exception):
    """The replay makes no progress. The message names the first work that is not done."""


@dataclass
class ReplayOutcome:
    """Durations, and the rows and orders that could not be replayed; `errors` are those of the import."""

    seconds: float = 0.0
    import_seconds: float = 0.0
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


class Replayer:
    """Replays `history` against the API at `base`, `speed` times as fast as it happened, or at full speed for 0."""

    def __init__(self, base: str, history: History, plan: Plan, speed: float, on_progress: OnProgress) -> None:
        self.base, self.history, self.plan, self.speed, self.on_progress = base, history, plan, speed, on_progress
        save_staff(OWNER, OWNER.id)
        places.clear_cache()
        self.owner = self.client_for(OWNER)
        self.progress = Progress()
        self.outcome = ReplayOutcome(
            skipped=list(history.skipped), refused=list(history.refused), errors=list(history.errors)
        )

    def client_for(self, person: Staff) -> ApiClient:
        return ApiClient(self.base, auth.staff_token(person.id, person.role, person.version))

    def import_reference_data(self, folder: Path) -> None:
        """Import everything but the orders, which the replay places one by one."""
        began = time.monotonic()
        for part in split_folder(folder, CellFormats(config.currency(), config.zone())):
            self.outcome.errors += part.report.get("errors", [])
            files = {name: text for name, text in part.files.items() if name not in ("orders", "order_lines")}
            if files:
                path = f"/imports?{urlencode(part.query)}"
                report = self.owner.request("POST", path, zip_files(files), kind="application/zip")
                self.outcome.errors += part.locate_errors(report["errors"])
        places.clear_cache()
        self.load_vans()
        self.outcome.import_seconds = time.monotonic() - began

    def run(self, drain: Callable[[], None]) -> ReplayOutcome:
        """Place all orders and wait until they are fulfilled. Raises ReplayStuck."""
        self.open_shift()
        began = time.monotonic()
        with StaffSimulation(self.progress, STAFF_THREADS) as staff:
            self.start_staff(staff)
            orders, count = self.history.orders, self.plan.unload_after
            self.place_orders(orders[:count] if count else orders)
            if count:
                self.wait_until_done()
                self.unload_vans()
                self.place_orders(orders[count:])
            self.wait_until_done()
        drain()
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def start_staff(self, staff: StaffSimulation) -> None:
        """Simulate one person per warehouse and store, created if the folder names none, and the drivers of vans."""
        for location in places.load_locations().values():
            if location.kind == "van":
                for driver in self.list_drivers(location):
                    staff.add_salesman(self.client_for(driver), expire_offer)
            else:
                staff.add_location(self.client_for(self.ensure_location_staff(location)))

    def ensure_location_staff(self, location: Location) -> Staff:
        role = "warehouse" if location.kind == "warehouse" else "cashier"
        existing = [member for member in places.list_staff_at(location.id) if member.role == role]
        if existing:
            return existing[0]
        member = Staff(f"replay-{location.id}"[:64], "Replay", role, "", "", location.id)
        save_staff(member, OWNER.id)
        places.clear_cache()
        return member

    def list_drivers(self, location: Location) -> list[Staff]:
        """The salesmen of a van; none for a van without a position, which gets no offers."""
        if location.point is None:
            return []
        return [member for member in places.list_staff_at(location.id) if member.role == "salesman"]

    def report_positions(self) -> None:
        for location in places.load_locations().values():
            for driver in self.list_drivers(location) if location.kind == "van" else ():
                point = {"lat": location.point.lat, "lon": location.point.lon}  # type: ignore[union-attr]
                self.client_for(driver).put(f"/locations/{location.id}/position", point)

    def open_shift(self) -> None:
        """Open one till shift for all cash orders of the history, if there are any."""
        methods = {order.body["payments"][0]["method"] for order in self.history.orders}
        if "cash" in methods:
            currency = self.history.orders[0].body["freight"]["currency"]
            self.owner.post("/shifts", {"opening": {"amount": 0, "currency": currency}})

    def place_orders(self, orders: Sequence[HistoricalOrder]) -> None:
        """Place the orders by date, several at a time."""
        self.report_positions()
        queue = OrderQueue(orders)
        begin = time.monotonic(), orders[0].placed_at if orders else None
        workers = [self.order_thread(queue, begin) for _ in range(ORDER_THREADS)]
        for worker in workers:
            worker.start()
        reported = time.monotonic()
        while busy := [worker for worker in workers if worker.is_alive()]:
            busy[0].join(0.2)
            self.report_progress()
            if time.monotonic() - reported > POSITIONS_SECONDS:
                reported = time.monotonic()
                self.report_positions()
        for worker in workers:
            worker.join()

    def order_thread(self, queue: OrderQueue, begin: tuple[float, datetime | None]) -> threading.Thread:
        """A daemon thread, so that an interrupted replay does not wait for the remaining orders."""
        return threading.Thread(target=self.place_until_empty, args=(queue, begin), daemon=True)

    def place_until_empty(self, queue: OrderQueue, begin: tuple[float, datetime | None]) -> None:
        while order := queue.take():
            self.wait_until_due(order, begin)
            while len(self.progress.open_refs()) > MAX_OPEN_ORDERS and not self.progress.problems:
                time.sleep(0.02)
            try:
                self.place_order(order)
            except Exception as error:
                self.record_refusal(order, "failed", str(error))
            finally:
                queue.done(order)

    def wait_until_due(self, order: HistoricalOrder, begin: tuple[float, datetime | None]) -> None:
        started, first = begin
        if self.speed and first:
            due = started + (order.placed_at - first).total_seconds() / self.speed
            time.sleep(max(0.0, due - time.monotonic()))

    def place_order(self, order: HistoricalOrder) -> None:
        try:
            placed = self.owner.post("/orders", order.body, key=hashlib.sha256(order.ref.encode()).hexdigest())
        except ApiError as error:
            self.record_refusal(order, error.code, error.detail)
            return
        self.progress.record_order(order.ref, placed)
        for payment in placed["payments"]:
            if payment["status"] == "awaiting_proof":
                self.owner.post(f"/payments/{payment['id']}/proof", {"reference": f"replay {order.ref}"})
                self.owner.post(f"/payments/{payment['id']}/confirm")

    def record_refusal(self, order: HistoricalOrder, code: str, detail: str) -> None:
        with self.progress.lock:
            self.outcome.refused.append({"ref": order.ref, "code": code, "detail": detail})

    def wait_until_done(self) -> None:
        changed_at, done = time.monotonic(), -1
        while open_refs := self.progress.open_refs():
            self.progress.changed.wait(0.2)
            self.progress.changed.clear()
            self.report_progress()
            if self.progress.problems:
                raise ReplayStuck(f"{self.progress.problems[0]} ({len(self.progress.problems)} problems)")
            if self.progress.counts["done"] != done:
                changed_at, done = time.monotonic(), self.progress.counts["done"]
            if time.monotonic() - changed_at > STUCK_SECONDS:
                raise ReplayStuck(f"{len(open_refs)} orders are not being fulfilled, the first is {open_refs[0]}")
        self.report_progress()

    def report_progress(self) -> None:
        self.on_progress(
            len(self.progress.refs) + len(self.outcome.refused),
            len(self.progress.refs) - len(self.progress.open_refs()),
        )

    def load_vans(self) -> None:
        for name, load in self.plan.loads.items():
            self.transfer(self.owner, self.plan.source, name, load)

    def unload_vans(self) -> None:
        for name in self.plan.loads:
            items = self.owner.get(f"/stock/locations/{name}")["items"]
            self.transfer(self.owner, name, self.plan.source, {level["sku"]: level["available"] for level in items})

    def transfer(self, sender: ApiClient, source: str, destination: str, load: dict[str, int]) -> None:
        """Send the units and confirm their receipt, as the van's driver or the staff of the location."""
        location = places.load_location(destination)
        is_van = location.kind == "van"
        receiver = (self.list_drivers(location) or [OWNER])[0] if is_van else self.ensure_location_staff(location)
        for part in split_load([(sku, units) for sku, units in load.items() if units > 0]):
            lines = [{"sku": sku, "quantity": units} for sku, units in part]
            body = {"source": source, "destination": destination, "lines": lines, "reason": "replay"}
            sent = sender.post("/stock/transfers", body)
            self.client_for(receiver).post(f"/stock/transfers/{sent['id']}/receive")


def expire_offer(offer_id: str) -> None:
    """Expire the offer before its end. A repeated call changes nothing."""
    offer = find_offer(offer_id)
    if offer is not None:
        expire(offer_id, offer.expires_at)


def split_load(load: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    for start in range(0, len(load), MAX_TRANSFER_LINES):
        yield load[start : start + MAX_TRANSFER_LINES]


def zip_files(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()
