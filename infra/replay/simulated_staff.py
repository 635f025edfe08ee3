"""Those who do the work of a replayed shop, each through the doors: they look into their inboxes and act on what they
find there.

- A warehouse (or a store) does what its inbox calls its own: accept, pick, ready, dispatch, deliver, or hand over what
  is collected. While an offer to salesmen stands open it waits.
- Salesmen act by a rule, so that a replay comes out alike each time: the checksum of an order's `ref` decides.
  Of ten orders, three find all salesmen silent; for the other seven everyone who is asked claims at once, and the
  first wins. The winner drives off and delivers. Whose van another order has emptied meanwhile says no.
- Nobody waits ten minutes for the silent: the clock's own verb (`fulfillment.expire`) is told that the offer's time is
  over, for that offer alone. What follows is what follows every time: the warehouse ships.
"""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
from ulid import ULID

from chalicelib.kit.web import page_to_json
from infra.local.api_client import ApiClient, ApiError

SILENT_IN_TEN = 3
POLL_SECONDS = {"location": 1.0, "staff": 1.0}
PAGE = 20
FULL_READ_EVERY = 8  # quiet looks, each time

Notice = dict[str, Any]


def ignores_offer(ref: str) -> bool:
    return zlib.crc32(ref.encode()) % 10 < SILENT_IN_TEN


class Progress:
    """What is still to be done, shared by all. An order is done when each location that owes a part of it is done."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.refs: dict[str, str] = {}
        self.open_locations: dict[str, set[str]] = {}
        self.done_before_placed: dict[str, set[str]] = {}  # done before the answer to placing had been read
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.changed = threading.Event()

    def order_placed(self, ref: str, answer: dict[str, Any]) -> None:
        owed = {each["location"] for each in answer["allocations"]}
        with self.lock:
            self.refs[answer["id"]] = ref
            handed_over = answer["delivery"]["method"] == "handover"
            done = self.done_before_placed.pop(answer["id"], set())
            self.open_locations[answer["id"]] = set() if handed_over or "*" in done else owed - done

    def part_done(self, order: str, location: str = "*") -> None:
        """`*` is whoever brings all of it."""
        with self.lock:
            if order in self.open_locations:
                self.open_locations[order] = set() if location == "*" else self.open_locations[order] - {location}
            else:
                self.done_before_placed.setdefault(order, set()).add(location)
            self.counts["done"] += 1
        self.changed.set()

    def open_refs(self) -> list[str]:
        with self.lock:
            return [self.refs[order] for order, owed in self.open_locations.items() if owed]

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def record_problem(self, what: str) -> None:
        with self.lock:
            self.problems.append(what)
        self.changed.set()


class Inbox:
    """One person's reading of his inbox: each notice once, oldest first. Those written late lie below newer ones, so
    he reads on until a page has no news, and all of it when it stays quiet. Who hears of offers that were ended before
    their time (`ahead`) finds them dated minutes from now, so he begins at the top and once more at the present."""

    def __init__(self, caller: ApiClient, kinds: Iterable[str], has_future_notices: bool = False) -> None:
        self.client, self.kinds, self.has_future_notices = caller, set(kinds), has_future_notices
        self.seen_ids: set[str] = set()
        self.empty_polls = 0

    def list_new(self) -> list[Notice]:
        back = bool(self.empty_polls) and self.empty_polls % FULL_READ_EVERY == 0
        found = {each["id"]: each for each in self.read_unseen(None, to_the_end=back)}
        if self.has_future_notices and not back:
            found |= {each["id"]: each for each in self.read_unseen(cursor_from_now(), to_the_end=False)}
        self.empty_polls = 0 if found else self.empty_polls + 1
        self.seen_ids |= found.keys()
        return [each for _, each in sorted(found.items()) if each["kind"] in self.kinds]

    def read_unseen(self, more: str | None, to_the_end: bool) -> Iterator[Notice]:
        while True:
            page = self.client.get(f"/inbox?limit={PAGE}" + (f"&cursor={more}" if more else ""))
            new = [notice for notice in page["items"] if notice["id"] not in self.seen_ids]
            yield from new
            more = page["next"]
            if not more or not (to_the_end or new):
                return


def cursor_from_now() -> str:
    """A cursor as the inbox itself would give it, below everything that is dated later than this moment."""
    return str(page_to_json([], {"before": f"evt_{ULID()}"}, "inbox")["next"])


class StaffSimulation:
    """Everybody at work: a reader for each inbox, and a few hands for the steps."""

    def __init__(self, work: Progress, hands: int) -> None:
        self.progress = work
        self.executors = {
            kind: ThreadPoolExecutor(hands) for kind in POLL_SECONDS
        }  # nobody waits behind the other trade
        self.stop = threading.Event()
        self.readers: list[threading.Thread] = []

    def __enter__(self) -> StaffSimulation:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop.set()
        for reader in self.readers:
            reader.join()
        for hands in self.executors.values():
            hands.shutdown()

    def add_location(self, caller: ApiClient) -> None:
        self.start_reader(
            Inbox(caller, ["yours_now"], has_future_notices=True),
            "location",
            lambda notice: fulfill_from_location(caller, notice, self.progress),
        )

    def add_salesman(self, caller: ApiClient, expire: Callable[[str], Any]) -> None:
        act = Salesman(caller, self.progress, expire).handle_offer
        self.start_reader(Inbox(caller, ["offer"]), "staff", act)

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


def fulfill_from_location(caller: ApiClient, notice: Notice, work: Progress) -> None:
    """From the shelf to the customer's hand."""
    door = f"/fulfillments/{notice['fulfillment']}"
    try:
        method = caller.post(f"{door}/accept")["method"]
        steps = ("pick", "ready", "dispatch", "deliver") if method == "ship" else ("pick", "ready", "handover")
        for step in steps:
            caller.post(f"{door}/{step}")
    except ApiError as no:
        if no.code != "cannot_move":  # somebody claimed it meanwhile
            raise
        work.count("stood_down")
        return
    work.part_done(notice["order"], notice["location"])


class Salesman:
    def __init__(self, caller: ApiClient, work: Progress, expire: Callable[[str], Any]) -> None:
        self.client, self.progress, self.expire = caller, work, expire

    def handle_offer(self, notice: Notice) -> None:
        ref = self.wait_for_ref(notice["order"])
        if ignores_offer(ref):
            self.expire(notice["offer"])
        else:
            self.claim(notice)

    def wait_for_ref(self, order: str) -> str:
        """He may hear of an order before the one who placed it has his answer."""
        for _ in range(200):
            if ref := self.progress.refs.get(order):
                return ref
            threading.Event().wait(0.02)
        return order

    def claim(self, notice: Notice) -> None:
        try:
            mine = self.client.post(f"/offers/{notice['offer']}/claim")["fulfillment"]
        except ApiError as no:
            self.progress.count(no.code)
            if no.code == "out_of_stock":
                self.decline(notice)
            return
        for step in ("dispatch", "deliver"):
            self.client.post(f"/fulfillments/{mine['id']}/{step}")
        self.progress.part_done(notice["order"])

    def decline(self, notice: Notice) -> None:
        try:
            self.client.post(f"/offers/{notice['offer']}/decline")
        except ApiError as no:
            self.progress.count(no.code)  # somebody has it meanwhile
