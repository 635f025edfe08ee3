"""Goods that orders were promised for a day have come: whoever waits longest gets his first, and his work can begin.

What came was kept for them in the very commit that wrote it down, so nobody else can have bought it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.fulfillment.goods import Effect, let_go, take
from chalicelib.fulfillment.model import (
    BackorderFilled,
    Case,
    Fulfillment,
    FulfillmentStatus,
    at,
    live,
    status_of_order,
    stepped,
)
from chalicelib.fulfillment.offer import ROUTER
from chalicelib.fulfillment.realign import check_aligned
from chalicelib.fulfillment.store import awaiting_work, change_work, load_case, pieces_of, tell
from chalicelib.kit import clock, db
from chalicelib.kit.journal import JournalEntry
from chalicelib.orders.model import OrderStatus
from chalicelib.orders.store import load
from chalicelib.stock.coming import brought_in, here
from chalicelib.stock.model import Movement, NotPromised, OutOfStock, Place, is_expected
from chalicelib.stock.shelve import shelve
from chalicelib.stock.store import arrived_at, leave_arrived, load_places


def fill_what_came(told: JournalEntry) -> int:
    """On whatever moved goods or promises on a day's shelf: some came, or somebody no longer waits for them."""
    movements: tuple[Movement, ...] = getattr(told.event, "movements", ())
    kind, _, order_id = told.subject.partition("#")
    return fill({one.place for one in movements if is_expected(one.shelf)}, order_id if kind == "order" else "")


def fill_arrived() -> int:
    """By the clock: for those whose work was not yet in the list when their goods came."""
    places = arrived_at()
    filled = fill(places)
    for place, units in on_hand(places).items():
        if not units:
            db.commit([leave_arrived(place)])
    return filled


def fill(places: Iterable[Place], order_id: str = "") -> int:
    """How many orders were given their goods; what nobody waits for is anybody's then. The list of those who wait lags,
    so the order that is heard of is looked at itself."""
    came = [place for place, units in on_hand(places).items() if units]
    if not came:
        return 0
    own = [work for work in load_case(order_id).works if work.status == FulfillmentStatus.AWAITING] if order_id else []
    filled = sum(_fill_at(location, own) for location in sorted({location for _, location, _ in came}))
    shelve(came)
    return filled


def on_hand(places: Iterable[Place]) -> dict[Place, int]:
    wanted = list(places)
    return dict.fromkeys(wanted, 0) | {place: level.on_hand for place, level in load_places(wanted).items()}


def _fill_at(location: str, own: Sequence[Fulfillment]) -> int:
    """An order whose work needs more than came keeps what is there of it from those behind it, unless it has not been
    paid yet."""
    filled, left = 0, dict[Place, int]()
    for work in longest_first((*awaiting_work(location), *(work for work in own if work.location == location))):
        left |= on_hand(piece.place for piece in work.pieces if piece.place not in left)
        if not any(left[piece.place] for piece in work.pieces) or _still_unpaid(work.order_id):
            continue
        whole = all(left[piece.place] >= piece.quantity for piece in work.pieces)
        if whole and not fill_order(work):
            continue
        filled += whole
        for piece in work.pieces:
            left[piece.place] = max(0, left[piece.place] - piece.quantity)
    return filled


def longest_first(works: Iterable[Fulfillment]) -> list[Fulfillment]:
    """Each once; their ids begin with their order's, and that with the instant it was placed."""
    return [work for _, work in sorted({work.id: work for work in works}.items())]


def _still_unpaid(order_id: str) -> bool:
    order = load(order_id)
    return order is None or order.on_hold


@db.decided_anew
def fill_order(work: Fulfillment) -> bool:
    """Only firm promises: who has not paid yet keeps his hold, and gets his goods when the money comes."""
    case = load_case(work.order_id)
    waits = case.work(work.id)
    if waits.status != FulfillmentStatus.AWAITING or case.order.status != OrderStatus.PLACED or case.order.on_hold:
        return False
    check_aligned(case)
    try:
        commit(case, waits)
    except (OutOfStock, NotPromised):
        return False  # given to somebody else by another who heard of it
    return True


def commit(case: Case, waits: Fulfillment) -> None:
    pieces = tuple(map(here, waits.pieces))
    begins = replace(stepped(waits, FulfillmentStatus.ASSIGNED), pieces=pieces, assigned_at=clock.now())
    goods = let_go(case.order, waits.pieces) + Effect(tuple(brought_in(waits.pieces))) + take(case.order, pieces)
    works = case.after(begins)
    status = status_of_order(case.order.demand, works, offered=case.open_offer is not None)
    event = BackorderFilled(case.order.id, at([begins]), goods.movements)
    changes = {"pieces": pieces_of(live(works)), "fulfillment_status": status}
    db.commit(
        [
            change_work(waits, begins),
            *tell(case.order, event, actor=ROUTER, at=clock.now(), **changes),
            *goods.writes,
        ]
    )
