"""Living a history through again in a shop of its own, everything through the doors: import, orders by date, offers,
fulfillment, money."""

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

from chalicelib.fulfillment.expire import expire
from chalicelib.fulfillment.store import find_offer
from chalicelib.kit import auth
from chalicelib.places import find as places
from chalicelib.places.model import Location, Staff
from chalicelib.places.save import save_staff
from infra.local.api_client import ApiClient, ApiError
from infra.replay.history import HistoricalOrder, History, Plan
from infra.replay.import_parts import split_folder
from infra.replay.order_queue import OrderQueue
from infra.replay.simulated_staff import Progress, StaffSimulation

ORDER_THREADS = 2
STAFF_THREADS = 3  # of each trade
MAX_OPEN_ORDERS = 160  # orders on their way; who places more waits, or offers would lie about like in no shop
STUCK_SECONDS = 60
MAX_TRANSFER_LINES = 40  # of one transfer
POSITIONS_SECONDS = 600  # vans' positions are good for half an hour
OWNER = Staff("replay-owner", "Replay", "owner", "", "", "")

OnProgress = Callable[[int, int], None]  # orders placed, orders done


class ReplayStuck(Exception):
    """Says what nobody did."""


@dataclass
class ReplayOutcome:
    seconds: float = 0.0
    import_seconds: float = 0.0
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)  # of the import


class Replayer:
    def __init__(self, base: str, history: History, plan: Plan, speed: float, tell: OnProgress) -> None:
        self.base, self.history, self.plan, self.speed, self.on_progress = base, history, plan, speed, tell
        save_staff(OWNER, OWNER.id)
        places.clear_cache()
        self.owner = self.client_for(OWNER)
        self.progress = Progress()
        self.outcome = ReplayOutcome(skipped=list(history.skipped), refused=list(history.refused))

    def client_for(self, person: Staff) -> ApiClient:
        return ApiClient(self.base, auth.staff_token(person.id, person.role, person.version))

    def import_reference_data(self, folder: Path) -> None:
        """Everything but the orders, which customers and salesmen will place themselves."""
        began = time.monotonic()
        for parcel in split_folder(folder):
            files = {name: text for name, text in parcel.files.items() if name not in ("orders", "order_lines")}
            if files:
                said = self.owner.request("POST", "/imports", zip_files(files), kind="application/zip")
                self.outcome.errors += parcel.locate_errors(said["errors"])
        places.clear_cache()
        self.load_vans()
        self.outcome.import_seconds = time.monotonic() - began

    def run(self, drain: Callable[[], None]) -> ReplayOutcome:
        self.open_shift()
        began = time.monotonic()
        with StaffSimulation(self.progress, STAFF_THREADS) as crew:
            self.start_staff(crew)
            home = self.plan.home_after
            self.place_orders(self.history.orders[:home] if home else self.history.orders)
            if home:
                self.wait_until_done()
                self.unload_vans()
                self.place_orders(self.history.orders[home:])
            self.wait_until_done()
        drain()
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def start_staff(self, crew: StaffSimulation) -> None:
        """Each warehouse and store has somebody; where the folder names nobody, one is made up. Vans need a salesman
        and a position."""
        for location in places.load_locations().values():
            if location.kind == "van":
                for driver in self.list_drivers(location):
                    crew.add_salesman(self.client_for(driver), expire_offer)
            else:
                crew.add_location(self.client_for(self.ensure_location_staff(location)))

    def ensure_location_staff(self, location: Location) -> Staff:
        wanted = "warehouse" if location.kind == "warehouse" else "cashier"
        found = [each for each in places.list_staff_at(location.id) if each.role == wanted]
        if found:
            return found[0]
        made = Staff(f"replay-{location.id}"[:64], "Replay", wanted, "", "", location.id)
        save_staff(made, OWNER.id)
        places.clear_cache()
        return made

    def list_drivers(self, location: Location) -> list[Staff]:
        if location.point is None:
            return []
        return [each for each in places.list_staff_at(location.id) if each.role == "salesman"]

    def report_positions(self) -> None:
        for location in places.load_locations().values():
            for driver in self.list_drivers(location) if location.kind == "van" else ():
                point = {"lat": location.point.lat, "lon": location.point.lon}  # type: ignore[union-attr]
                self.client_for(driver).put(f"/locations/{location.id}/position", point)

    def open_shift(self) -> None:
        """Cash orders of a history went into drawers long closed; here one stands for all."""
        methods = {each.body["payments"][0]["method"] for each in self.history.orders}
        if "cash" in methods:
            currency = self.history.orders[0].body["freight"]["currency"]
            self.owner.post("/shifts", {"opening": {"amount": 0, "currency": currency}})

    def place_orders(self, placings: Sequence[HistoricalOrder]) -> None:
        """In order of their dates: a few at once, each worker taking the next."""
        self.report_positions()
        line = OrderQueue(placings)
        begin = time.monotonic(), placings[0].placed_at if placings else None
        workers = [self.order_thread(line, begin) for _ in range(ORDER_THREADS)]
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

    def order_thread(self, line: OrderQueue, begin: tuple[float, datetime | None]) -> threading.Thread:
        """A daemon: when the replay is broken off, nobody waits for the orders that will never be done."""
        return threading.Thread(target=self.place_until_empty, args=(line, begin), daemon=True)

    def place_until_empty(self, line: OrderQueue, begin: tuple[float, datetime | None]) -> None:
        while placing := line.take():
            self.wait_until_due(placing, begin)
            while len(self.progress.open_refs()) > MAX_OPEN_ORDERS and not self.progress.problems:
                threading.Event().wait(0.02)
            try:
                self.place_order(placing)
            except Exception as error:
                self.record_refusal(placing, "failed", str(error))
            finally:
                line.done(placing)

    def wait_until_due(self, placing: HistoricalOrder, begin: tuple[float, datetime | None]) -> None:
        started, first = begin
        if self.speed and first:
            due = started + (placing.placed_at - first).total_seconds() / self.speed
            threading.Event().wait(max(0.0, due - time.monotonic()))

    def place_order(self, placing: HistoricalOrder) -> None:
        try:
            answer = self.owner.post("/orders", placing.body, key=hashlib.sha256(placing.ref.encode()).hexdigest())
        except ApiError as no:
            self.record_refusal(placing, no.code, no.detail)
            return
        self.progress.order_placed(placing.ref, answer)
        for payment in answer["payments"]:
            if payment["status"] == "awaiting_proof":
                self.owner.post(f"/payments/{payment['id']}/proof", {"reference": f"replay {placing.ref}"})
                self.owner.post(f"/payments/{payment['id']}/confirm")

    def record_refusal(self, placing: HistoricalOrder, code: str, detail: str) -> None:
        with self.progress.lock:
            self.outcome.refused.append({"ref": placing.ref, "code": code, "detail": detail})

    def wait_until_done(self) -> None:
        moved_at, done = time.monotonic(), -1
        while left := self.progress.open_refs():
            self.progress.changed.wait(0.2)
            self.progress.changed.clear()
            self.report_progress()
            if self.progress.problems:
                raise ReplayStuck(f"{self.progress.problems[0]} ({len(self.progress.problems)} such)")
            if self.progress.counts["done"] != done:
                moved_at, done = time.monotonic(), self.progress.counts["done"]
            if time.monotonic() - moved_at > STUCK_SECONDS:
                raise ReplayStuck(f"nobody brings {len(left)} orders, {left[0]} is the first")
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
            self.transfer(self.owner, name, self.plan.source, {each["sku"]: each["available"] for each in items})

    def transfer(self, sender: ApiClient, source: str, destination: str, load: dict[str, int]) -> None:
        """What arrives at a van is confirmed by its salesman."""
        place = places.load_location(destination)
        there = (self.list_drivers(place) or [OWNER])[0] if place.kind == "van" else self.ensure_location_staff(place)
        for part in split_load([(sku, units) for sku, units in load.items() if units > 0]):
            lines = [{"sku": sku, "quantity": units} for sku, units in part]
            body = {"source": source, "destination": destination, "lines": lines, "reason": "replay"}
            sent = sender.post("/stock/transfers", body)
            self.client_for(there).post(f"/stock/transfers/{sent['id']}/receive")


def expire_offer(offer_id: str) -> None:
    """Ten minutes later, as far as this one offer is concerned; whoever else says so of it changes nothing."""
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
