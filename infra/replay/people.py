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

from chalicelib.kit.web import listed
from infra.local.api_client import ApiClient, ApiError

SILENT_OF_TEN = 3
REST_SECONDS = {"location": 1.0, "staff": 1.0}
PAGE = 20
LOOK_BACK_AFTER = 8  # quiet looks, each time

Notice = dict[str, Any]


def silent(ref: str) -> bool:
    return zlib.crc32(ref.encode()) % 10 < SILENT_OF_TEN


class Work:
    """What is still to be done, shared by all. An order is done when each location that owes a part of it is done."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.refs: dict[str, str] = {}
        self.owed: dict[str, set[str]] = {}
        self.early: dict[str, set[str]] = {}  # done before the answer to placing had been read
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.moved = threading.Event()

    def placed(self, ref: str, answer: dict[str, Any]) -> None:
        owed = {each["location"] for each in answer["allocations"]}
        with self.lock:
            self.refs[answer["id"]] = ref
            handed_over = answer["delivery"]["method"] == "handover"
            done = self.early.pop(answer["id"], set())
            self.owed[answer["id"]] = set() if handed_over or "*" in done else owed - done

    def done(self, order: str, location: str = "*") -> None:
        """`*` is whoever brings all of it."""
        with self.lock:
            if order in self.owed:
                self.owed[order] = set() if location == "*" else self.owed[order] - {location}
            else:
                self.early.setdefault(order, set()).add(location)
            self.counts["done"] += 1
        self.moved.set()

    def left(self) -> list[str]:
        with self.lock:
            return [self.refs[order] for order, owed in self.owed.items() if owed]

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def failed(self, what: str) -> None:
        with self.lock:
            self.problems.append(what)
        self.moved.set()


class Inbox:
    """One person's reading of his inbox: each notice once, oldest first. Those written late lie below newer ones, so
    he reads on until a page has no news, and all of it when it stays quiet. Who hears of offers that were ended before
    their time (`ahead`) finds them dated minutes from now, so he begins at the top and once more at the present."""

    def __init__(self, caller: ApiClient, kinds: Iterable[str], ahead: bool = False) -> None:
        self.caller, self.kinds, self.ahead = caller, set(kinds), ahead
        self.seen: set[str] = set()
        self.quiet = 0

    def fresh(self) -> list[Notice]:
        back = bool(self.quiet) and self.quiet % LOOK_BACK_AFTER == 0
        found = {each["id"]: each for each in self.unseen(None, to_the_end=back)}
        if self.ahead and not back:
            found |= {each["id"]: each for each in self.unseen(from_now(), to_the_end=False)}
        self.quiet = 0 if found else self.quiet + 1
        self.seen |= found.keys()
        return [each for _, each in sorted(found.items()) if each["kind"] in self.kinds]

    def unseen(self, more: str | None, to_the_end: bool) -> Iterator[Notice]:
        while True:
            page = self.caller.get(f"/inbox?limit={PAGE}" + (f"&cursor={more}" if more else ""))
            new = [notice for notice in page["items"] if notice["id"] not in self.seen]
            yield from new
            more = page["next"]
            if not more or not (to_the_end or new):
                return


def from_now() -> str:
    """A cursor as the inbox itself would give it, below everything that is dated later than this moment."""
    return str(listed([], {"before": f"evt_{ULID()}"}, "inbox")["next"])


class Crew:
    """Everybody at work: a reader for each inbox, and a few hands for the steps."""

    def __init__(self, work: Work, hands: int) -> None:
        self.work = work
        self.hands = {kind: ThreadPoolExecutor(hands) for kind in REST_SECONDS}  # nobody waits behind the other trade
        self.stop = threading.Event()
        self.readers: list[threading.Thread] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop.set()
        for reader in self.readers:
            reader.join()
        for hands in self.hands.values():
            hands.shutdown()

    def location(self, caller: ApiClient) -> None:
        self.read(Inbox(caller, ["yours_now"], ahead=True), "location", lambda notice: serve(caller, notice, self.work))

    def salesman(self, caller: ApiClient, expire: Callable[[str], Any]) -> None:
        act = Salesman(caller, self.work, expire).act
        self.read(Inbox(caller, ["offer"]), "staff", act)

    def read(self, inbox: Inbox, kind: str, act: Callable[[Notice], None]) -> None:
        reader = threading.Thread(target=self.again, args=(inbox, kind, act))
        self.readers.append(reader)
        reader.start()

    def again(self, inbox: Inbox, kind: str, act: Callable[[Notice], None]) -> None:
        while not self.stop.is_set():
            try:
                for notice in inbox.fresh():
                    self.hands[kind].submit(act, notice).add_done_callback(self.heard)
            except (ApiError, httpx.HTTPError) as error:
                self.work.failed(f"an inbox could not be read: {error}")
            self.stop.wait(REST_SECONDS[kind])

    def heard(self, job: Future[None]) -> None:
        if error := job.exception():
            self.work.failed(str(error))


def serve(caller: ApiClient, notice: Notice, work: Work) -> None:
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
    work.done(notice["order"], notice["location"])


class Salesman:
    def __init__(self, caller: ApiClient, work: Work, expire: Callable[[str], Any]) -> None:
        self.caller, self.work, self.expire = caller, work, expire

    def act(self, notice: Notice) -> None:
        ref = self.ref_of(notice["order"])
        if silent(ref):
            self.expire(notice["offer"])
        else:
            self.claim(notice)

    def ref_of(self, order: str) -> str:
        """He may hear of an order before the one who placed it has his answer."""
        for _ in range(200):
            if ref := self.work.refs.get(order):
                return ref
            threading.Event().wait(0.02)
        return order

    def claim(self, notice: Notice) -> None:
        try:
            mine = self.caller.post(f"/offers/{notice['offer']}/claim")["fulfillment"]
        except ApiError as no:
            self.work.count(no.code)
            if no.code == "out_of_stock":
                self.decline(notice)
            return
        for step in ("dispatch", "deliver"):
            self.caller.post(f"/fulfillments/{mine['id']}/{step}")
        self.work.done(notice["order"])

    def decline(self, notice: Notice) -> None:
        try:
            self.caller.post(f"/offers/{notice['offer']}/decline")
        except ApiError as no:
            self.work.count(no.code)  # somebody has it meanwhile
