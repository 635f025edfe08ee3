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
from chalicelib.fulfillment.store import load_offer
from chalicelib.kit import auth
from chalicelib.places import find as places
from chalicelib.places.keep import keep_staff
from chalicelib.places.model import Location, Staff
from infra.local.api_client import ApiClient, ApiError
from infra.replay.history import History, Placing, Plan
from infra.replay.line import Line
from infra.replay.parcels import parcels
from infra.replay.people import Crew, Work

PLACERS = 2
HANDS = 3  # of each trade
MOST_OPEN = 160  # orders on their way; who places more waits, or offers would lie about like in no shop
STUCK_SECONDS = 60
MOST_LINES = 40  # of one transfer
POSITIONS_SECONDS = 600  # vans' positions are good for half an hour
OWNER = Staff("replay-owner", "Replay", "owner", "", "", "")

Tell = Callable[[int, int], None]  # orders placed, orders done


class Stuck(Exception):
    """Says what nobody did."""


@dataclass
class Lived:
    seconds: float = 0.0
    import_seconds: float = 0.0
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)  # of the import


class Relive:
    def __init__(self, base: str, history: History, plan: Plan, speed: float, tell: Tell) -> None:
        self.base, self.history, self.plan, self.speed, self.tell = base, history, plan, speed, tell
        keep_staff(OWNER, OWNER.id)
        places.forget()
        self.owner = self.caller(OWNER)
        self.work = Work()
        self.lived = Lived(skipped=list(history.skipped), refused=list(history.refused))

    def caller(self, person: Staff) -> ApiClient:
        return ApiClient(self.base, auth.staff_token(person.id, person.role, person.version))

    def bring(self, folder: Path) -> None:
        """Everything but the orders, which customers and salesmen will place themselves."""
        began = time.monotonic()
        for parcel in parcels(folder):
            files = {name: text for name, text in parcel.files.items() if name not in ("orders", "order_lines")}
            if files:
                said = self.owner.request("POST", "/imports", zipped(files), kind="application/zip")
                self.lived.errors += parcel.in_files(said["errors"])
        places.forget()
        self.load_vans()
        self.lived.import_seconds = time.monotonic() - began

    def live(self, drain: Callable[[], None]) -> Lived:
        self.open_drawer()
        began = time.monotonic()
        with Crew(self.work, HANDS) as crew:
            self.gather(crew)
            home = self.plan.home_after
            self.place(self.history.placings[:home] if home else self.history.placings)
            if home:
                self.wait_until_done()
                self.unload_vans()
                self.place(self.history.placings[home:])
            self.wait_until_done()
        drain()
        self.lived.seconds = time.monotonic() - began
        return self.lived

    def gather(self, crew: Crew) -> None:
        """Each warehouse and store has somebody; where the folder names nobody, one is made up. Vans need a salesman
        and a position."""
        for location in places.locations().values():
            if location.kind == "van":
                for driver in self.drivers(location):
                    crew.salesman(self.caller(driver), run_out)
            else:
                crew.location(self.caller(self.keeper(location)))

    def keeper(self, location: Location) -> Staff:
        wanted = "warehouse" if location.kind == "warehouse" else "cashier"
        found = [each for each in places.staff_at(location.id) if each.role == wanted]
        if found:
            return found[0]
        made = Staff(f"replay-{location.id}"[:64], "Replay", wanted, "", "", location.id)
        keep_staff(made, OWNER.id)
        places.forget()
        return made

    def drivers(self, location: Location) -> list[Staff]:
        if location.point is None:
            return []
        return [each for each in places.staff_at(location.id) if each.role == "salesman"]

    def report_positions(self) -> None:
        for location in places.locations().values():
            for driver in self.drivers(location) if location.kind == "van" else ():
                point = {"lat": location.point.lat, "lon": location.point.lon}  # type: ignore[union-attr]
                self.caller(driver).put(f"/locations/{location.id}/position", point)

    def open_drawer(self) -> None:
        """Cash orders of a history went into drawers long closed; here one stands for all."""
        methods = {each.body["payments"][0]["method"] for each in self.history.placings}
        if "cash" in methods:
            currency = self.history.placings[0].body["freight"]["currency"]
            self.owner.post("/shifts", {"opening": {"amount": 0, "currency": currency}})

    def place(self, placings: Sequence[Placing]) -> None:
        """In order of their dates: a few at once, each worker taking the next."""
        self.report_positions()
        line = Line(placings)
        begin = time.monotonic(), placings[0].placed_at if placings else None
        workers = [self.placer(line, begin) for _ in range(PLACERS)]
        for worker in workers:
            worker.start()
        reported = time.monotonic()
        while busy := [worker for worker in workers if worker.is_alive()]:
            busy[0].join(0.2)
            self.tell_progress()
            if time.monotonic() - reported > POSITIONS_SECONDS:
                reported = time.monotonic()
                self.report_positions()
        for worker in workers:
            worker.join()

    def placer(self, line: Line, begin: tuple[float, datetime | None]) -> threading.Thread:
        """A daemon: when the replay is broken off, nobody waits for the orders that will never be done."""
        return threading.Thread(target=self.keep_placing, args=(line, begin), daemon=True)

    def keep_placing(self, line: Line, begin: tuple[float, datetime | None]) -> None:
        while placing := line.take():
            self.wait_for_its_day(placing, begin)
            while len(self.work.left()) > MOST_OPEN and not self.work.problems:
                threading.Event().wait(0.02)
            try:
                self.place_one(placing)
            except Exception as error:
                self.refuse(placing, "failed", str(error))
            finally:
                line.done(placing)

    def wait_for_its_day(self, placing: Placing, begin: tuple[float, datetime | None]) -> None:
        started, first = begin
        if self.speed and first:
            due = started + (placing.placed_at - first).total_seconds() / self.speed
            threading.Event().wait(max(0.0, due - time.monotonic()))

    def place_one(self, placing: Placing) -> None:
        try:
            answer = self.owner.post("/orders", placing.body, key=hashlib.sha256(placing.ref.encode()).hexdigest())
        except ApiError as no:
            self.refuse(placing, no.code, no.detail)
            return
        self.work.placed(placing.ref, answer)
        for payment in answer["payments"]:
            if payment["status"] == "awaiting_proof":
                self.owner.post(f"/payments/{payment['id']}/proof", {"reference": f"replay {placing.ref}"})
                self.owner.post(f"/payments/{payment['id']}/confirm")

    def refuse(self, placing: Placing, code: str, detail: str) -> None:
        with self.work.lock:
            self.lived.refused.append({"ref": placing.ref, "code": code, "detail": detail})

    def wait_until_done(self) -> None:
        moved_at, done = time.monotonic(), -1
        while left := self.work.left():
            self.work.moved.wait(0.2)
            self.work.moved.clear()
            self.tell_progress()
            if self.work.problems:
                raise Stuck(f"{self.work.problems[0]} ({len(self.work.problems)} such)")
            if self.work.counts["done"] != done:
                moved_at, done = time.monotonic(), self.work.counts["done"]
            if time.monotonic() - moved_at > STUCK_SECONDS:
                raise Stuck(f"nobody brings {len(left)} orders, {left[0]} is the first")
        self.tell_progress()

    def tell_progress(self) -> None:
        self.tell(len(self.work.refs) + len(self.lived.refused), len(self.work.refs) - len(self.work.left()))

    def load_vans(self) -> None:
        for name, load in self.plan.loads.items():
            self.transfer(self.owner, self.plan.source, name, load)

    def unload_vans(self) -> None:
        for name in self.plan.loads:
            items = self.owner.get(f"/stock/locations/{name}")["items"]
            self.transfer(self.owner, name, self.plan.source, {each["sku"]: each["available"] for each in items})

    def transfer(self, sender: ApiClient, source: str, destination: str, load: dict[str, int]) -> None:
        """What arrives at a van is confirmed by its salesman."""
        place = places.location(destination)
        there = (self.drivers(place) or [OWNER])[0] if place.kind == "van" else self.keeper(place)
        for part in parts([(sku, units) for sku, units in load.items() if units > 0]):
            lines = [{"sku": sku, "quantity": units} for sku, units in part]
            body = {"source": source, "destination": destination, "lines": lines, "reason": "replay"}
            sent = sender.post("/stock/transfers", body)
            self.caller(there).post(f"/stock/transfers/{sent['id']}/receive")


def run_out(offer_id: str) -> None:
    """Ten minutes later, as far as this one offer is concerned; whoever else says so of it changes nothing."""
    offer = load_offer(offer_id)
    if offer is not None:
        expire(offer_id, offer.expires_at)


def parts(load: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    for start in range(0, len(load), MOST_LINES):
        yield load[start : start + MOST_LINES]


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()
