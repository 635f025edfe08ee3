"""Late money may find an order's units gone and take others elsewhere; then the work follows the goods."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.model import (
    NOT_YET_GONE,
    Case,
    Fulfillment,
    FulfillmentStatus,
    WorkCancelled,
    at,
    live,
    status_of_order,
    stepped,
)
from chalicelib.fulfillment.offer import ROUTER, assigned
from chalicelib.fulfillment.reroute import added, rerouted
from chalicelib.fulfillment.store import change_work, load_case, new_work, pieces_of, tell
from chalicelib.kit import clock, db
from chalicelib.kit.errors import Moved
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderStatus
from chalicelib.stock.model import Piece, Place


def check_aligned(case: Case) -> None:
    """Before goods move by a fulfillment: if they lie elsewhere by now, the work is put right first."""
    if not is_aligned(case) and realign(case.order.id):
        raise Moved()


def is_aligned(case: Case) -> bool:
    return sorted(map(_plain, case.order.pieces)) == sorted(map(_plain, pieces_of(live(case.works))))


@db.decided_anew
def realign(order_id: str) -> bool:
    """Moves no goods: they are where the order says. Nothing to do is the rule."""
    case = load_case(order_id)
    if case.order.status != OrderStatus.PLACED or not case.works or is_aligned(case):
        return False
    now = clock.now()
    wrong = [work for work in live(case.works) if work.status in NOT_YET_GONE and not _served_from(case, work)]
    kept = [work for work in live(case.works) if work not in wrong]
    down = [stepped(work, FulfillmentStatus.CANCELLED, reason="goods_elsewhere") for work in wrong]
    works = assigned(case, _without(case.order.pieces, pieces_of(kept)), now)
    events: list[Event] = [rerouted(order_id, works)] if works else []
    events += [WorkCancelled(order_id, stood_down=at(down))] if down else []
    asking = case.open_offer
    status = status_of_order(case.order.demand, case.after(*down, *works), offered=asking is not None)
    if not events:
        return False
    db.commit(
        [
            *(added(asking, works) if asking and works else []),
            *[change_work(before, after) for before, after in zip(wrong, down)],
            *map(new_work, works),
            *tell(case.order, *events, actor=ROUTER, at=now, fulfillment_status=status),
        ]
    )
    return True


def _served_from(case: Case, work: Fulfillment) -> bool:
    promised = [_plain(piece) for piece in case.order.pieces]
    return all(_plain(piece) in promised for piece in work.pieces)


def _without(pieces: Sequence[Piece], taken: Sequence[Piece]) -> list[Piece]:
    """Late money may have found more of it where some was promised already: two pieces of one place."""
    left: dict[Place, int] = {}
    for piece in pieces:
        left[piece.place] = left.get(piece.place, 0) + piece.quantity
    for piece in taken:
        left[piece.place] = left.get(piece.place, 0) - piece.quantity
    return [Piece(sku, location, units, shelf) for (sku, location, shelf), units in left.items() if units > 0]


def _plain(piece: Piece) -> tuple[str, str, int, int]:
    return piece.sku, piece.location, piece.shelf, piece.quantity
