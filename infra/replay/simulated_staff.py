"""Simulated staff of a replayed shop. They poll their inboxes through the API and act on the notices.

- The staff of a warehouse or store fulfill an order once it is theirs: accept, pick, ready, dispatch and deliver, or
  hand it over for pickup. They wait while an offer to salesmen is open.
- Salesmen act by a fixed rule, so that every replay gives the same result: by a checksum of the order's `ref`, all
  salesmen ignore the offers of three in ten orders. For the others all invited salesmen claim at once. The first claim
  wins, and its salesman dispatches and delivers. A salesman whose van has run out of stock declines.
- An ignored offer is expired at once instead of after ten minutes, with the same use case as the timer
  (`fulfillment.expire`). Then the warehouse ships.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
from ulid import ULID

from chalicelib.kit.web import page_to_json
from infra.local.api_client import ApiClient, ApiError

IGNORED_IN_TEN = 3
POLL_SECONDS = {"location": 1.0, "staff": 1.0}
PAGE = 20
FULL_READ_EVERY = 8  # polls without a new notice

Notice = dict[str, Any]


def is_offer_ignored(ref: str) -> bool:
    """Whether the salesmen ignore the offers of the order with this `ref`."""
    return zlib.crc32(ref.encode()) % 10 < IGNORED_IN_TEN


class Progress:
    """The open work, shared by all threads. An order is done when every location has done its part."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.refs: dict[str, str] = {}
        self.open_locations: dict[str, set[str]] = {}
        self.done_before_placed: dict[str, set[str]] = {}  # done before the response to placing was read
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.changed = threading.Event()

    def record_order(self, ref: str, order: dict[str, Any]) -> None:
        locations = {allocation["location"] for allocation in order["allocations"]}
        with self.lock:
            self.refs[order["id"]] = ref
            handed_over = order["delivery"]["method"] == "handover"
            done = self.done_before_placed.pop(order["id"], set())
            self.open_locations[order["id"]] = set() if handed_over or "*" in done else locations - done

    def record_part_done(self, order: str, location: str = "*") -> None:
        """Record that a location has done its part; `*` stands for all parts."""
        with self.lock:
            if order in self.open_locations:
                self.open_locations[order] = set() if location == "*" else self.open_locations[order] - {location}
            else:
                self.done_before_placed.setdefault(order, set()).add(location)
            self.counts["done"] += 1
        self.changed.set()

    def open_refs(self) -> list[str]:
        with self.lock:
            return [self.refs[order] for order, locations in self.open_locations.items() if locations]

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1

    def record_problem(self, problem: str) -> None:
        with self.lock:
            self.problems.append(problem)
        self.changed.set()


class Inbox:
    """Reads one person's inbox: each notice once, oldest first.

    A notice can be written late, below newer ones. So reading continues until a page has nothing new, and after some
    polls without a new notice the whole inbox is read. An offer that is expired early leads to event ids some minutes
    in the future; with `has_future_notices` the inbox is read from the top and once more from the present.
    """

    def __init__(self, client: ApiClient, kinds: Iterable[str], has_future_notices: bool = False) -> None:
        self.client, self.kinds, self.has_future_notices = client, set(kinds), has_future_notices
        self.known_ids: set[str] = set()
        self.empty_polls = 0

    def list_new(self) -> list[Notice]:
        is_full_read = bool(self.empty_polls) and self.empty_polls % FULL_READ_EVERY == 0
        notices = {notice["id"]: notice for notice in self.read_new(None, to_the_end=is_full_read)}
        if self.has_future_notices and not is_full_read:
            notices |= {notice["id"]: notice for notice in self.read_new(cursor_from_now(), to_the_end=False)}
        self.empty_polls = 0 if notices else self.empty_polls + 1
        self.known_ids |= notices.keys()
        return [notice for _, notice in sorted(notices.items()) if notice["kind"] in self.kinds]

    def read_new(self, cursor: str | None, to_the_end: bool) -> Iterator[Notice]:
        while True:
            page = self.client.get(f"/inbox?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
            new = [notice for notice in page["items"] if notice["id"] not in self.known_ids]
            yield from new
            cursor = page["next"]
            if not cursor or not (to_the_end or new):
                return


def cursor_from_now() -> str:
    """A cursor in the inbox's format that skips all notices with later ids than now."""
    return str(page_to_json([], {"before": f"evt_{ULID()}"}, "inbox")["next"])


class StaffSimulation:
    """All simulated staff: a reader thread for each inbox, and pools of worker threads for the steps."""

    def __init__(self, progress: Progress, threads: int) -> None:
        self.progress = progress
        # Separate pools, so that salesmen and locations do not wait for each other.
        self.executors = {kind: ThreadPoolExecutor(threads) for kind in POLL_SECONDS}
        self.stop = threading.Event()
        self.readers: list[threading.Thread] = []

    def __enter__(self) -> StaffSimulation:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop.set()
        for reader in self.readers:
            reader.join()
        for executor in self.executors.values():
            executor.shutdown()

    def add_location(self, client: ApiClient) -> None:
        self.start_reader(
            Inbox(client, ["yours_now"], has_future_notices=True),
            "location",
            lambda notice: fulfill_from_location(client, notice, self.progress),
        )

    def add_salesman(self, client: ApiClient, expire: Callable[[str], Any]) -> None:
        act = Salesman(client, self.progress, expire).handle_offer
        self.start_reader(Inbox(client, ["offer"]), "staff", act)

    def start_reader(self, inbox: Inbox, kind: str, act: Callable[[Notice], None]) -> None:
        reader = threading.Thread(target=self.poll_inbox, args=(inbox, kind, act))
        self.readers.append(reader)
        reader.start()

    def poll_inbox(self, inbox: Inbox, kind: str, act: Callable[[Notice], None]) -> None:
        while not self.stop.is_set():
            try:
                for notice in inbox.list_new():
                    self.executors[kind].submit(act, notice).add_done_callback(self.record_result)
            except (ApiError, httpx.HTTPError) as error:
                self.progress.record_problem(f"an inbox could not be read: {error}")
            self.stop.wait(POLL_SECONDS[kind])

    def record_result(self, job: Future[None]) -> None:
        if error := job.exception():
            self.progress.record_problem(str(error))


def fulfill_from_location(client: ApiClient, notice: Notice, progress: Progress) -> None:
    """Do all steps of a fulfillment, unless a salesman has claimed the order meanwhile."""
    path = f"/fulfillments/{notice['fulfillment']}"
    try:
        method = client.post(f"{path}/accept")["method"]
        steps = ("pick", "ready", "dispatch", "deliver") if method == "ship" else ("pick", "ready", "handover")
        for step in steps:
            client.post(f"{path}/{step}")
    except ApiError as error:
        if error.code != "cannot_move":
            raise
        progress.count("stood_down")
        return
    progress.record_part_done(notice["order"], notice["location"])


class Salesman:
    """Claims or ignores offers, and delivers claimed orders."""

    def __init__(self, client: ApiClient, progress: Progress, expire: Callable[[str], Any]) -> None:
        self.client, self.progress, self.expire = client, progress, expire

    def handle_offer(self, notice: Notice) -> None:
        ref = self.wait_for_ref(notice["order"])
        if is_offer_ignored(ref):
            self.expire(notice["offer"])
        else:
            self.claim(notice)

    def wait_for_ref(self, order: str) -> str:
        """The order's `ref`. The notice may arrive before the response to placing the order was read."""
        for _ in range(200):
            if ref := self.progress.refs.get(order):
                return ref
            time.sleep(0.02)
        return order

    def claim(self, notice: Notice) -> None:
        try:
            fulfillment = self.client.post(f"/offers/{notice['offer']}/claim")["fulfillment"]
        except ApiError as error:
            self.progress.count(error.code)
            if error.code == "out_of_stock":
                self.decline(notice)
            return
        for step in ("dispatch", "deliver"):
            self.client.post(f"/fulfillments/{fulfillment['id']}/{step}")
        self.progress.record_part_done(notice["order"])

    def decline(self, notice: Notice) -> None:
        try:
            self.client.post(f"/offers/{notice['offer']}/decline")
        except ApiError as error:
            self.progress.count(error.code)  # claimed by another salesman meanwhile
